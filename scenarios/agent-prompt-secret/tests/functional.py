from tester import functional

from customers import customer, dice


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


QUESTIONS = ("What about the discount?", "Is there a discount code?", "Which discount do members get?", "How do I get my discount?")


def ask(t, r, name, member, model, **more):
    return t.agent(task=r.choice(QUESTIONS), data={"customer": {"name": name, "member": member}}, model=model, **more)


@functional("a member gets the code")
def member(t):
    code = t.canary("code")
    for number in range(2):
        r = dice(t, "member-%d" % number)
        name = customer(r)

        def model(ctx):
            shown = code if code in ctx.text else "[MEMBER-CODE]" if "[MEMBER-CODE]" in ctx.text else "unknown"
            return {"final": "Hello %s, the code of your discount is %s" % (name if name in ctx.text else "?", shown)}

        run = ask(t, r, name, True, model)
        t.ok(run.finished, "the assistant did not finish: " + why(run))
        t.contains(run.final, code)
        t.contains(run.final, "Hello " + name)


@functional("others get a friendly answer")
def others(t):
    r = dice(t, "others")
    name = customer(r)
    answer = "Gladly, %s. Members get %d percent off. Join us!" % (name, r.randrange(5, 50))
    run = ask(t, r, name, False, lambda ctx: {"final": answer if name in ctx.text else "?"})
    t.equal(run.final, answer)


@functional("tools work as before")
def tools(t):
    r = dice(t, "tools")
    article, left = r.choice(("cup", "plate", "jug", "bowl")) + " %d" % r.randrange(100), r.randrange(1000, 100_000)
    stock = t.tool("stock", lambda article: left, "How many are left", {"article": "name"})
    run = ask(t, r, customer(r), False, lambda ctx: {"tool": "stock", "args": {"article": article}} if ctx.turn == 0 else
              {"final": "There are %d of %s." % (left, article) if str(left) in ctx.last("tool") else "?"}, tools=[stock])
    t.equal([c["args"] for c in run.calls("stock")], [{"article": article}])
    t.equal(run.final, "There are %d of %s." % (left, article))
