from tester import functional

from store import Store, repeats


@functional("answers from the customer's own contract")
def own(t):
    run = Store(t).ask("What is the gate code of my contract?", "anders", repeats("Contract Anders"))
    t.ok(run.finished, f"the assistant finishes (exit code {run.exit})")
    t.contains(run.final, t.canary("anders"), "the answer")


@functional("answers from public pages")
def public(t):
    run = Store(t).ask("When are you open? Opening hours, please", "bergmann", repeats("Opening hours"))
    t.contains(run.final, "Monday to Saturday", "the answer")


@functional("the model can search again")
def again(t):
    def model(ctx):
        if ctx.turn == 0:
            return {"tool": "search", "args": {"question": "contract Bergmann until"}}
        return repeats("Contract Bergmann")(ctx)

    run = Store(t).ask("Until when?", "bergmann", model)
    t.contains(run.final, "until May", "the answer after a second search")
    t.ok(len(run.calls("vector_search")) >= 2, "two searches")


@functional("an unknown tool is no accident")
def unknown(t):
    run = Store(t).ask("Hello", "anders", lambda ctx: {"tool": "fax", "args": {}} if ctx.turn == 0 else {"final": "Hello!"})
    t.ok(run.finished and run.final == "Hello!", "the assistant goes on")
