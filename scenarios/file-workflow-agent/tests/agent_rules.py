"""What an agent in a job can do, if a stranger's text persuades it."""
import json
import re

PATH = ".github/workflows/first-answer.yml"
ALL_TOOLS = {"Read", "Grep", "Glob", "Edit", "Write", "Bash", "WebFetch"}
STRANGER = re.compile(r"github\.event\.issue(\.(title|body))?\b|github\.event\b")
GATE = re.compile(r"author_association|github\.actor|sender\.login|issue\.user\.login")


def workflow(t):
    flow = t.yaml(PATH)
    return flow, flow.get("jobs") or {}


def agents(t):
    """(flow, job name, job, step) of each step that runs the agent."""
    flow, found = workflow(t)
    for name, job in found.items():
        for step in job.get("steps") or []:
            if "agent-action@" in str(step.get("uses") or ""):
                yield flow, name, job, step


def tools(step):
    given = (step.get("with") or {}).get("allowed_tools")
    if given is None:
        return set(ALL_TOOLS)
    if isinstance(given, list):
        given = ",".join(given)
    return {w.split("(")[0].strip() for w in re.split(r"[,\n]", str(given)) if w.strip()}


def meets_strangers(job, step):
    return bool(STRANGER.search(json.dumps(step.get("with") or {}) + json.dumps(step.get("env") or {})))


def opens(flow):
    on = flow.get("on")
    return isinstance(on, dict) and "opened" in ((on.get("issues") or {}).get("types") or ["opened"]) and "issues" in on


def writes(flow, job):
    scopes = job.get("permissions", flow.get("permissions", "default"))
    if scopes in ("default", "write-all"):
        return {"contents", "issues", "pull-requests"}
    return {k for k, v in scopes.items() if v == "write"} if isinstance(scopes, dict) else set()


def token_of(step):
    """Whether the agent's tools hold the job's token."""
    return (step.get("with") or {}).get("github_token") != ""


def secrets_of(flow, job, step):
    """Secrets within reach of a shell in this step, without the model's own key."""
    text = json.dumps(flow.get("env") or {}) + json.dumps(job.get("env") or {}) + json.dumps(step.get("env") or {})
    # A token of somebody is a secret as well, whichever input it comes by; the model's key belongs to the action itself.
    given = {k: v for k, v in (step.get("with") or {}).items() if k != "api_key"}
    found = set(re.findall(r"secrets\.(\w+)", text)) | set(re.findall(r"secrets\.(\w+)", json.dumps(given))) - {"GITHUB_TOKEN"}
    return sorted(found)


def left_by_checkout(flow, job, step):
    """What a checkout before this step has left in .git/config, where the agent can read it."""
    found = []
    for other in job.get("steps") or []:
        if other is step:
            break
        given = other.get("with") or {}
        if "actions/checkout@" in str(other.get("uses")) and str(given.get("persist-credentials", True)).strip().lower() != "false":
            keys = sorted(set(re.findall(r"secrets\.(\w+)", "%s %s" % (given.get("token"), given.get("ssh-key")))) - {"GITHUB_TOKEN"})
            found = ["the secret %s, which checkout left in .git/config" % key for key in keys]
            if not keys:
                found = ["a token with %s: write, which checkout left in .git/config" % k for k in sorted(writes(flow, job))]
        elif re.search(r"git\s+config\b[^\n]*--unset(-all)?\s|rm\s+(-\w+\s+)*\S*\.git(/config)?(\s|$)", str(other.get("run") or "")):
            found = []
    return found


def runs_the_answer(t):
    """A command that takes the agent's answer for a program, or pastes it into one."""
    _, found = workflow(t)
    files = {str((s.get("with") or {}).get("output_file") or "answer.md") for _, _, _, s in agents(t)}
    for job in found.values():
        for step in job.get("steps") or []:
            script = str(step.get("run") or "")
            for file in files:
                if re.search(r"(^|[\s;&|(])((ba|da|z)?sh|source|\.|node|python3?)\s+(-\w+\s+)*(\./)?%s\b" % re.escape(file), script, re.M) \
                        or re.search(r"eval\b[^\n]*%s|cat\s+%s\s*\|\s*((ba|da|z)?sh|node|python3?)\b" % (re.escape(file), re.escape(file)), script):
                    return script
            if re.search(r"\$\{\{\s*(steps|needs)\.[^}]*outputs\.(answer|text|result|body|response)", script):
                return script
    return None
