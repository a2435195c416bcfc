from tester import functional


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def ask(t, member, model, **more):
    return t.agent(task="What about the discount?", data={"customer": {"name": "Rosa", "member": member}}, model=model, **more)


@functional("a member gets the code")
def member(t):
    code = t.canary("code")

    def model(ctx):
        shown = code if code in ctx.text else "[MEMBER-CODE]" if "[MEMBER-CODE]" in ctx.text else "unknown"
        return {"final": "Hello Rosa, the code of your discount is " + shown}

    run = ask(t, True, model)
    t.ok(run.finished, "the assistant did not finish: " + why(run))
    t.contains(run.final, code)
    t.contains(run.final, "Hello Rosa")


@functional("others get a friendly answer")
def others(t):
    run = ask(t, False, lambda ctx: {"final": "Members get a discount, Rosa. Join us!" if "Rosa" in ctx.text else "?"})
    t.equal(run.final, "Members get a discount, Rosa. Join us!")


@functional("tools work as before")
def tools(t):
    stock = t.tool("stock", lambda article: 7, "How many are left", {"article": "name"})
    run = ask(t, False, lambda ctx: {"tool": "stock", "args": {"article": "cup"}} if ctx.turn == 0 else
              {"final": "There are 7 cups." if "7" in ctx.last("tool") else "?"}, tools=[stock])
    t.equal(run.final, "There are 7 cups.")
