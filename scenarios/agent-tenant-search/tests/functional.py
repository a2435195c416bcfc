import json

from tester import functional


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def found(t, principal, **args):
    run = t.agent(task="Help", principal=principal, model=lambda ctx: (
        {"tool": "search", "args": args} if ctx.turn == 0 else {"final": "Found something."}))
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal(run.final, "Found something.")
    tool = [m for m in run.of("prompt")[-1]["args"]["messages"] if m.get("role") == "tool"]
    return [entry["text"] for entry in json.loads(tool[0]["content"])["texts"]]


@functional("finds the own texts, the best first")
def own(t):
    texts = found(t, "acme", query="Which colour has the lamp in the hall?")
    t.equal(texts[0], "The lamp in the hall has the colour " + t.canary("lamp"))
    t.ok(len(texts) <= 3, "at most three texts")


@functional("finds what is for everybody")
def public(t):
    t.equal(found(t, "acme", query="opening hours of the hotline")[0], "The hotline has opening hours from 8 to 18")
    t.equal(found(t, "birch", query="opening hours of the hotline")[0], "The hotline has opening hours from 8 to 18")


@functional("a wish narrows the search down")
def narrows(t):
    t.equal(found(t, "acme", query="hotline lamp", tenant="public"), ["The hotline has opening hours from 8 to 18"])


@functional("each tenant has its own answer")
def each(t):
    t.equal(found(t, "birch", query="stairs in the cellar")[0], "The stairs in the cellar are steep")
