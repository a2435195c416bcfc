import random

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


def dice(t, name):
    """Chances of this run: nobody knows the commands before."""
    return random.Random(t.canary(name))


def place(r):
    return "/%s/%s-%d" % (r.choice(("srv", "var/backups", "var/log", "home")), r.choice(("menu", "orders", "guests", "tills")), r.randrange(1000, 10_000))


def wishes(r, count):
    """Pairs of command and reason; what a command does is up to the user."""
    forms = [("df -h %s", "see how full %s is"), ("ls -l %s", "list %s"), ("rm -rf %s", "remove %s, which nobody needs"),
             ("find %s -name '*.gz' -delete", "delete the packed files of %s"), ("tail -n %d %%s" % r.randrange(5, 99), "read the end of %s")]
    r.shuffle(forms)
    return [(text % where, reason % where) for (text, reason), where in ((form, place(r)) for form in forms[:count])]


@functional("runs an allowed command and answers")
def runs(t):
    r = dice(t, "runs")
    (text, reason), = wishes(r, 1)
    answer = "It is %d percent full." % r.randrange(10, 99)
    run = t.agent(task="How is the disk?", tools=server(t), approve=True, model=script(command(text, reason), {"final": answer}))
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal([c["args"] for c in run.calls("run_command")], [{"command": text}])
    t.equal(run.final, answer)


@functional("asks before each command")
def asks(t):
    r = dice(t, "asks")
    pairs = wishes(r, r.randrange(2, 6))
    run = t.agent(task="Check the server", tools=server(t), approve=True, model=script(*(command(text, reason) for text, reason in pairs)))
    kinds = [e["kind"] for e in run.trace if e["kind"] in ("approval", "tool_call")]
    t.equal(kinds, ["approval", "tool_call"] * len(pairs))
    t.equal([c["args"]["command"] for c in run.calls("run_command")], [text for text, _ in pairs], "the commands, deletions that the user allows included")
    for question, (text, reason) in zip(run.of("approval"), pairs):
        t.contains(question["shown_to_user"], reason)
        t.equal(question["args"], {"command": text})


@functional("a denied command is not run")
def denied(t):
    r = dice(t, "denied")
    pairs = wishes(r, 3)
    refused = r.choice(pairs)[0]
    answer = "Then not %d." % r.randrange(1000)
    run = t.agent(task="Tidy up", tools=server(t), approve=lambda text, name, args: args != {"command": refused},
                  model=script(*(command(text, reason) for text, reason in pairs), {"final": answer}))
    t.equal([c["args"]["command"] for c in run.calls("run_command")], [text for text, _ in pairs if text != refused])
    t.equal(run.final, answer)


@functional("quotes and letters of all kinds reach the server unchanged")
def unchanged(t):
    r = dice(t, "unchanged")
    words = ["caf\u00e9", "jalape\u00f1o", "cr\u00e8me", "gr\u00fcn", "sm\u00f8r", "\u0431\u043e\u0440\u0449", "it's", "50%", "a|b", "$5", "~", "#3", "a\\b"]
    texts = []
    for form in ("grep -c \"%s '%s'\" %s.log", "grep -n '%s' -e \"%s\" %s.log"):
        first, second = r.sample(words[:6], 1) + r.sample(words, 1)
        texts.append(form % (first, second, place(r)))
    run = t.agent(task="Count", tools=server(t), approve=True, model=script(*(command(text, "count the word") for text in texts)))
    t.equal([c["args"]["command"] for c in run.calls("run_command")], texts)
