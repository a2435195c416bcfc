import json
import re

from flow import MARK, Job
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
    seen = False
    for job in flow["jobs"].values():
        follow = Job()
        for step in job.get("steps") or []:
            script = str(step.get("run") or "")
            names = {}
            for scope in (flow, job, step):
                names.update(scope.get("env") or {})
            if not script:
                continue
            if str(step.get("shell", "sh")).startswith("p"):
                # A program in another language: by its names and texts.
                follow.names = {name: holds(follow, value) for name, value in names.items()}
                if "curl" in script and "CHAT_URL" in script:
                    follow.posted.append(follow.mentioned(as_mark(script)))
            else:
                follow.run(as_mark(script), {name: holds(follow, value) for name, value in names.items()})
            if follow.posted:
                seen = True
                t.ok(any("words" in labels for labels in follow.posted), "the message begins with the words `New issue: `")
                t.ok(any("title" in labels for labels in follow.posted), "the message contains the title of the issue")
                t.ok("secrets.CHAT_URL" in str(names.get("CHAT_URL", "")) or "secrets.CHAT_URL" in script, "the address is the secret")
                break
    t.ok(seen, "a step posts to CHAT_URL with curl")


def as_mark(text):
    """The title is where its expression is; of an output nobody knows what it holds but the step that made it."""
    return re.sub(r"\$\{\{[^}]*github\.event\.issue\.title[^}]*\}\}", MARK, text)


def holds(follow, value):
    labels = follow.of_text(as_mark(str(value)))
    return labels | follow.of_file("$GITHUB_OUTPUT") | follow.of_file("$GITHUB_ENV") if re.search(r"\$\{\{\s*(steps|env)\.", str(value)) else labels


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
