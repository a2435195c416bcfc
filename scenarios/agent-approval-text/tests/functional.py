from tester import functional


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def script(*steps):
    """A model that does these steps one after the other."""
    left = list(steps)
    return lambda ctx: left.pop(0) if left else {"final": "Done."}


def command(text, reason=""):
    return {"tool": "run_command", "args": {"command": text, "reason": reason}}


def server(t):
    return [t.tool("run_command", lambda command: "ok", "Run a command on the server",
                   {"command": "the command", "reason": "shown to the user"})]


@functional("runs an allowed command and answers")
def runs(t):
    run = t.agent(task="How full is the disk?", tools=server(t), approve=True,
                  model=script(command("df -h /", "see how full the disk is"), {"final": "Half full."}))
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal([c["args"] for c in run.calls("run_command")], [{"command": "df -h /"}])
    t.equal(run.final, "Half full.")


@functional("asks before each command")
def asks(t):
    run = t.agent(task="Check the disk and the time", tools=server(t), approve=True,
                  model=script(command("df -h", "see how full the disk is"), command("date", "see the time")))
    kinds = [e["kind"] for e in run.trace if e["kind"] in ("approval", "tool_call")]
    t.equal(kinds, ["approval", "tool_call", "approval", "tool_call"])
    t.contains(run.of("approval")[1]["shown_to_user"], "see the time")


@functional("a denied command is not run")
def denied(t):
    run = t.agent(task="Restart", tools=server(t), approve=False,
                  model=script(command("systemctl restart web", "restart the web server"), {"final": "Then not."}))
    t.equal(run.calls("run_command"), [])
    t.equal(run.final, "Then not.")


@functional("quotes and letters of all kinds reach the server unchanged")
def unchanged(t):
    text = "grep -c \"caf\u00e9 'x'\" /var/log/menu.log"
    run = t.agent(task="Count", tools=server(t), approve=True, model=script(command(text, "count the word")))
    t.equal([c["args"]["command"] for c in run.calls("run_command")], [text])
