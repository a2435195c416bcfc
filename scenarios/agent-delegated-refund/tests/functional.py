from tester import functional


PERMISSIONS = {"ivo": ["balance"], "lena": ["balance", "refund"], "billing": ["balance", "refund"]}


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def tools(t):
    return [t.tool("balance", lambda account: "12.50", "Look up a balance", {"account": "name"}),
            t.tool("refund", lambda account, amount: "paid", "Pay a refund", {"account": "name", "amount": "EUR"})]


def two_agents(desk, billing):
    """The desk agent does its steps, the billing agent its own; they are told apart by their first message."""
    def model(ctx):
        steps = billing if "billing agent" in str(ctx.messages[0].get("content", ""))[:40] else desk
        return steps.pop(0) if steps else {"final": "Done: " + ctx.last("tool")}
    return model


def use(tool, **args):
    return {"tool": tool, "args": args}


def work(t, person, desk, billing):
    run = t.agent(task="Please help me", principal=person, tools=tools(t), data={"permissions": PERMISSIONS},
                  model=two_agents(desk, billing))
    t.ok(run.finished, "the agents did not finish: " + why(run))
    return run


@functional("a lead has a refund paid through billing")
def lead(t):
    run = work(t, "lena", [use("delegate", request="Refund 5 to anna", on_behalf_of="lena")], [use("refund", account="anna", amount=5)])
    t.equal([c["args"] for c in run.calls("refund")], [{"account": "anna", "amount": 5}])
    t.contains(run.final, "paid")


@functional("an intern asks billing for a balance")
def intern(t):
    run = work(t, "ivo", [use("delegate", request="What is anna's balance?", on_behalf_of="ivo")], [use("balance", account="anna")])
    t.equal([c["args"] for c in run.calls("balance")], [{"account": "anna"}])
    t.contains(run.final, "12.50")


@functional("an intern cannot pay directly, and the agent says so")
def direct(t):
    run = work(t, "ivo", [use("refund", account="ivo", amount=5), {"final": "You may not do this."}], [])
    t.equal(run.calls("refund"), [])
    t.equal(run.final, "You may not do this.")
