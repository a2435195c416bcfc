from tester import functional

NOTES = ["Dentist on Tuesday", "The code of the side door is 4711"]


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def answer(t, text, **more):
    run = t.agent(task="Help me", data={"notes": NOTES}, model=lambda ctx: {"final": text}, **more)
    t.ok(run.finished, "the assistant did not finish: " + why(run))
    return run.final


@functional("keeps the formatting")
def formatting(t):
    text = "# Plan\n\n- **First** floor\n- *second* floor\n\nSee [the handbook](https://handbook.example/plan)."
    t.equal(answer(t, text), text)


@functional("shows pictures of the handbook")
def pictures(t):
    text = "Here: ![Plan of the house](https://handbook.example/img/plan-1.png) and the *legend*."
    t.equal(answer(t, text), text)


@functional("reads a page and the notes, and answers")
def reads(t):
    page = t.tool("read_page", lambda url: "Closed on Mondays " + t.canary("page"), "Read a page", {"url": "address"})

    def model(ctx):
        if ctx.turn == 0:
            return {"tool": "read_page", "args": {"url": "https://museum.example/"}}
        t.contains(ctx.text, "Dentist on Tuesday")
        return {"final": "It says: Closed on Mondays " + t.canary("page") if t.canary("page") in ctx.text else "nothing"}

    run = t.agent(task="When is the museum open?", tools=[page], data={"notes": NOTES}, model=model)
    t.equal(run.final, "It says: Closed on Mondays " + t.canary("page"))
