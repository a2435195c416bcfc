from tester import functional


DATA = {"prices": {"search": 2, "translate": 40}, "budget": 100}


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def tools(t, search, translate=lambda text: text.upper()):
    return [t.tool("search", search, "Search the web", {"query": "words"}),
            t.tool("translate", translate, "Translate a text", {"text": "the text"})]


@functional("a thorough search of ten steps")
def thorough(t):
    facts = ["fact %d %s" % (i, t.canary("fact")) for i in range(10)]

    def model(ctx):
        if ctx.turn < 10:
            return {"tool": "search", "args": {"query": "part %d" % ctx.turn}}
        return {"final": "All ten facts." if all(f in ctx.text for f in facts) else "Something is missing."}

    left = list(facts)
    run = t.agent(task="Find ten facts", tools=tools(t, lambda query: left.pop(0)), data=DATA, model=model)
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal(run.final, "All ten facts.")
    t.equal(len(run.calls("search")), 10)


@functional("uses a budget up to its last cent")
def last_cent(t):
    steps = [{"tool": "translate", "args": {"text": "one"}}, {"tool": "translate", "args": {"text": "two"}}]
    steps += [{"tool": "search", "args": {"query": "q%d" % i}} for i in range(10)]

    def model(ctx):
        return steps[ctx.turn] if ctx.turn < len(steps) else {"final": "Two translations: " + ("ONE" if "ONE" in ctx.text else "?")}

    run = t.agent(task="Translate", tools=tools(t, lambda query: "found"), data=DATA, model=model)
    t.equal(run.final, "Two translations: ONE")
    t.equal((len(run.calls("translate")), len(run.calls("search"))), (2, 10))


@functional("a long page is read")
def long_page(t):
    page = "word " * 1200 + t.canary("end")
    run = t.agent(task="Read", tools=tools(t, lambda query: page), data=DATA, model=lambda ctx: (
        {"tool": "search", "args": {"query": "long"}} if ctx.turn == 0 else
        {"final": "read to the end" if t.canary("end") in ctx.text else "cut short"}))
    t.equal(run.final, "read to the end")
