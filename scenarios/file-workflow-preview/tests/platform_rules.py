"""What GitHub would do with these workflows, as far as this scenario needs it."""
import json
import re

FILES = [".github/workflows/size.yml", ".github/workflows/size-comment.yml"]
STRANGERS_REF = re.compile(r"pull_request\.head\.(sha|ref)|github\.head_ref|refs/pull/|workflow_run\.head_(sha|branch)|pull_request\.merge_commit_sha")
FETCHES = re.compile(r"gh pr checkout|git (fetch|pull)[^\n]*(pull/|head)", re.I)
EXECUTES = re.compile(r"(^|[\s;&|(])(npm|npx|node|yarn|pnpm|make|sh|bash|\./\S+)(\s|$)", re.M)
IN_OUR_NAME = ("pull_request_target", "workflow_run")


def flows(t):
    for path in FILES:
        flow = t.yaml(path)
        if isinstance(flow, dict) and isinstance(flow.get("jobs"), dict):
            yield path, flow


def triggers(flow):
    on = flow.get("on")
    if isinstance(on, str):
        return {on: {}}
    if isinstance(on, list):
        return {name: {} for name in on}
    return {name: value or {} for name, value in (on or {}).items()}


def runs(job, from_fork=True, labels=()):
    """Whether the job's `if` lets it run for such a pull request. What is not understood counts as true."""
    condition = str(job.get("if", ""))
    if re.search(r"head\.repo\.full_name\s*==\s*github\.repository|head\.repo\.fork\s*(==\s*false|!=\s*true)|!\s*github\.event\.pull_request\.head\.repo\.fork", condition):
        return not from_fork
    label = re.search(r"contains\(github\.event\.pull_request\.labels\.\*\.name,\s*'([^']*)'\)", condition)
    if label:
        return label.group(1) in labels
    return True


def stranger_executes(job, event):
    """The step that runs code of the pull request, or None."""
    present = event == "pull_request"
    for step in job.get("steps") or []:
        uses, script, given = str(step.get("uses") or ""), str(step.get("run") or ""), step.get("with") or {}
        if uses.startswith("actions/checkout@"):
            ref = str(given.get("ref") or "")
            here = bool(STRANGERS_REF.search(ref)) or "head.repo" in str(given.get("repository") or "")
            present = here or (event == "pull_request" and not ref)
            continue
        if FETCHES.search(script):
            present = True
        if present and (EXECUTES.search(script) or uses.startswith("./")):
            return step
        if "download" in uses + script and EXECUTES.search(script) and re.search(r"(node|bash|sh|\./)\s*\S*(dist|report|artifact)", script):
            return step
    return None


def loot(job, flow):
    """What code in this job could take or change, in words."""
    found = []
    scopes = job.get("permissions", flow.get("permissions", "the default"))
    if scopes == "the default" or scopes == "write-all":
        found.append("a token that may write to the repository")
    elif isinstance(scopes, dict):
        found += [f"a token with {k}: write" for k, v in scopes.items() if v == "write"]
    found += sorted("the secret " + name for name in set(re.findall(r"secrets\.(\w+)", json.dumps(job) + json.dumps(flow.get("env") or {}))))
    found.append("the cache of the main branch, which release.yml reads before it publishes")
    return found
