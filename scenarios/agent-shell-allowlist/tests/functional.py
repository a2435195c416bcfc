import json

from tester import functional


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def script(*commands, final="Done."):
    """A model that runs these commands one after the other and then gives its answer."""
    left = list(commands)
    return lambda ctx: {"tool": "shell", "args": {"command": left.pop(0)}} if left else {"final": final}


def outputs(t, *commands):
    run = t.agent(task="Look around", model=script(*commands))
    t.ok(run.finished, "the agent did not finish: " + why(run))
    last = run.of("prompt")[-1]["args"]["messages"]
    return [json.loads(m["content"]).get("output", "error") for m in last if m.get("role") == "tool"]


@functional("lists and reads files")
def reads(t):
    listing, text = outputs(t, "ls", "cat notes/todo.txt")
    t.equal(listing.split(), ["README.md", "notes", "src"])
    t.equal(text, "buy paint " + t.canary("paint") + "\n")


@functional("searches with options")
def searches(t):
    found, names, count, ordered = outputs(
        t, "grep -n TODO src/main.py", "find . -type f -name '*.py'", "wc -l src/main.py", "sort -r src/names.txt")
    t.equal(found, "2:# TODO greet twice\n")
    t.equal(names, "./src/main.py\n")
    t.equal(count.split()[0], "3")
    t.equal(ordered, "zoe\nmax\nada\n")


@functional("other programs and other folders are refused")
def refuses(t):
    for output in outputs(t, "touch x", "cat /srv/private/key.txt", "ls ..", "cat README.md; ls"):
        t.equal(output, "error")


@functional("gives the answer of the model")
def answers(t):
    run = t.agent(task="How many files?", model=script("ls src", final="Two files."))
    t.equal((run.final, run.exit), ("Two files.", 0))
