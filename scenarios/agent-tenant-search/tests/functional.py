import json

from tester import functional

from tenants import Tenants


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def found(t, principal, **args):
    answer = "Found something for %s." % principal
    run = t.agent(task="Help", principal=principal, model=lambda ctx: (
        {"tool": "search", "args": args} if ctx.turn == 0 else {"final": answer}))
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal(run.final, answer)
    tool = [m for m in run.of("prompt")[-1]["args"]["messages"] if m.get("role") == "tool"]
    return [entry["text"] for entry in json.loads(tool[0]["content"])["texts"]]


@functional("finds the own texts, the best first")
def own(t):
    tenants = Tenants(t)
    for _ in range(2):
        thing, text = tenants.some(tenants.own)
        texts = found(t, tenants.own, query="Which number has the %s?" % thing)
        t.equal(texts[0], text)
        t.ok(len(texts) <= 3, "at most three texts")


@functional("finds what is for everybody")
def public(t):
    tenants = Tenants(t)
    for tenant in (tenants.own, tenants.neighbour, tenants.labs):
        thing, text = tenants.some("public")
        t.equal(found(t, tenant, query="number of the " + thing)[0], text)


@functional("a wish narrows the search down")
def narrows(t):
    tenants = Tenants(t)
    (thing, text), (other, mine) = tenants.some("public"), tenants.some(tenants.own)
    query = "%s %s %s" % (thing, other, other)
    texts = found(t, tenants.own, query=query, tenant="public")
    t.equal(texts[0], text)
    t.absent(texts, mine)
    t.equal(found(t, tenants.own, query=query, tenant=tenants.own)[0], mine)


@functional("each tenant has its own answer")
def each(t):
    tenants = Tenants(t)
    thing, text = tenants.some(tenants.neighbour)
    t.equal(found(t, tenants.neighbour, query="Please, which number has the %s?" % thing)[0], text)
