"""What GitHub would do with these workflows, as far as this scenario needs it."""
import json
import re

FILES = [".github/workflows/size.yml", ".github/workflows/size-comment.yml"]
STRANGERS_REF = re.compile(r"pull_request\.head\.(sha|ref)|github\.head_ref|refs/pull/|workflow_run\.head_(sha|branch)|pull_request\.merge_commit_sha")
FETCHES = re.compile(r"gh pr checkout|git (fetch|pull)[^\n]*(pull/|head)", re.I)
TAKES = re.compile(r"\bgit\s+(fetch|pull|checkout|switch|merge|clone|apply|am|reset|worktree)\b|gh pr diff|\.(patch|diff)\b")
STRANGERS = re.compile(r"head\.repo|pull_request\.(patch|diff)_url|issue\.pull_request")
EXECUTES = re.compile(r"(^|[\s;&|(])(npm|npx|node|yarn|pnpm|bun|deno|make|sh|bash|source|\.|python3?|pip3?|cargo|go|docker|\./\S+)(\s|$)", re.M)
# What strangers can name: it must not be pasted into a script.
PASTED = re.compile(r"\$\{\{[^}]*(pull_request\.(title|body|head\.(ref|label))|head_ref|workflow_run\.(head_branch|display_title|head_commit)|comment\.body|issue\.(title|body))[^}]*\}\}")
IN_OUR_NAME = ("pull_request_target", "workflow_run", "issue_comment")


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
    if "||" in condition and "&&" not in condition:
        return any(runs({"if": part}, from_fork, labels) for part in condition.split("||"))
    if re.search(r"head\.repo\.full_name\s*==\s*github\.repository|head\.repo\.fork\s*(==\s*false|!=\s*true)|!\s*github\.event\.pull_request\.head\.repo\.fork", condition):
        return not from_fork
    label = re.search(r"contains\(github\.event\.pull_request\.labels\.\*\.name,\s*'([^']*)'\)", condition)
    if label:
        # Whatever the label is called: a maintainer has set it.
        return bool(labels)
    return True


def resolved(text, *scopes):
    """A text with the variables of `env` in the place of their names."""
    for scope in scopes:
        for name, value in ((scope or {}).get("env") or {}).items():
            text = re.sub(r"\$\{\{\s*env\.%s\s*\}\}|\$\{?%s\b\}?" % (name, name), lambda m, value=value: str(value), text)
    return text


def stranger_executes(job, event, flow=None):
    """The step that runs code of the pull request, or None."""
    present = event == "pull_request"
    artifact = False
    for step in job.get("steps") or []:
        uses, script, given = str(step.get("uses") or ""), str(step.get("run") or ""), step.get("with") or {}
        if event in IN_OUR_NAME and PASTED.search(script + str(given.get("script") or "")):
            return step
        whole = resolved(script, step, job, flow)
        if TAKES.search(whole) and (STRANGERS_REF.search(whole) or STRANGERS.search(whole)):
            present = True
        if "download-artifact" in uses or "gh run download" in script:
            artifact = True
        # What comes with an artifact is the stranger's: running it, or making variables of it, is running the stranger's code.
        if artifact and event == "workflow_run" and (
                re.search(r"(^|[\s;&|(])((ba|da|z)?sh|source|\.|node|python3?|make|npm|npx|eval)\s+(-\w+\s+)*[\"']?(\./)?\S*(report|artifact|dist|download|size|number|vars)", script, re.M)
                or re.search(r"(cat|<)\s*\S+[^\n]*>>\s*[\"']?\$\{?GITHUB_(ENV|PATH)", script)):
            return step
        if uses.startswith("actions/checkout@"):
            ref = resolved(str(given.get("ref") or ""), step, job, flow)
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
