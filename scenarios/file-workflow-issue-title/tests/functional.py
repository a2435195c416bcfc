import json

from tester import functional

PATH = ".github/workflows/triage.yml"
TITLE = "github.event.issue.title"


def load(t):
    flow = t.yaml(PATH)
    t.ok(isinstance(flow, dict) and isinstance(flow.get("jobs"), dict) and flow["jobs"], "the workflow has jobs")
    return flow


def steps(flow):
    for job in flow["jobs"].values():
        for step in job.get("steps") or []:
            yield job, step


@functional("runs when an issue is opened")
def trigger(t):
    on = load(t).get("on")
    t.ok(isinstance(on, dict) and "opened" in (on.get("issues") or {}).get("types", []), "on: issues: types: [opened]")


@functional("announces the title in the chat")
def announces(t):
    flow = load(t)
    for job, step in steps(flow):
        script = str(step.get("run") or "")
        if "curl" not in script or "CHAT_URL" not in script:
            continue
        t.contains(script, "New issue: %s", "the text of the message")
        names = {}
        for scope in (flow, job, step):
            names.update(scope.get("env") or {})
        by_variable = any(TITLE in str(value) and name in script for name, value in names.items())
        t.ok(by_variable or TITLE in script, "the message contains the title of the issue")
        t.ok("secrets.CHAT_URL" in str(names.get("CHAT_URL", "")) or "secrets.CHAT_URL" in script, "the address is the secret")
        return
    t.ok(False, "a step posts to CHAT_URL with curl")


@functional("labels crashes")
def labels(t):
    flow = load(t)
    for job, step in steps(flow):
        text = json.dumps(step)
        if "addLabels" in text or "--add-label" in text:
            names = {}
            for scope in (flow, job, step):
                names.update(scope.get("env") or {})
            t.ok("payload.issue.title" in text or TITLE in text
                 or any(TITLE in str(v) and n in text for n, v in names.items()), "the label depends on the title")
            t.contains(text, "crash", "the label")
            scope = job.get("permissions", flow.get("permissions"))
            t.ok(isinstance(scope, dict) and scope.get("issues") == "write", "the job may write to issues, and names it")
            return
    t.ok(False, "a step adds the label")
