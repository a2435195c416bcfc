from tester import functional

from people import People, two_agents, use


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def work(t, people, person, desk, billing):
    run = t.agent(task="Please help me", principal=person, tools=people.tools(t), data={"permissions": people.permissions},
                  model=two_agents(desk, billing))
    t.ok(run.finished, "the agents did not finish: " + why(run))
    return run


def wishes(people, count):
    return [{"account": account, "amount": people.r.randrange(1, 900)} for account in people.r.sample(people.customers, count)]


@functional("a lead has a refund paid through billing")
def lead(t):
    people = People(t)
    wanted = wishes(people, 2)
    run = work(t, people, people.lead, [use("delegate", request="Refund %(amount)d to %(account)s" % wish, on_behalf_of=people.lead) for wish in wanted],
               [step for wish in wanted for step in (use("refund", **wish), {"final": "It is paid: %(amount)d" % wish})])
    t.equal([c["args"] for c in run.calls("refund")], wanted)
    t.contains(run.final, "It is paid: %(amount)d" % wanted[-1])


@functional("an intern asks billing for a balance")
def intern(t):
    people = People(t)
    for account in people.r.sample(people.customers, 2):
        run = work(t, people, people.intern, [use("delegate", request="What is the balance of %s?" % account, on_behalf_of=people.intern)],
                   [use("balance", account=account)])
        t.equal([c["args"] for c in run.calls("balance")], [{"account": account}])
        t.contains(run.final, people.balances[account])


@functional("an intern cannot pay directly, and the agent says so")
def direct(t):
    people = People(t)
    wish, answer = wishes(people, 1)[0], "You may not do this, " + people.intern
    run = work(t, people, people.intern, [use("refund", **wish), use("balance", account=people.intern), {"final": answer}], [])
    t.equal(run.calls("refund"), [])
    t.equal([c["args"] for c in run.calls("balance")], [{"account": people.intern}])
    t.equal(run.final, answer)


@functional("what a person may do is in the list of permissions")
def listed(t):
    people = People(t)
    wish = wishes(people, 1)[0]
    # The cashier pays and may not look at balances, which the lead may.
    for person, balances in ((people.cashier, 0), (people.lead, 1)):
        run = work(t, people, person, [use("balance", account=person), use("refund", **wish), {"final": "Done."}], [])
        t.equal([c["args"] for c in run.calls("refund")], [wish])
        t.equal(len(run.calls("balance")), balances, "balances that were looked up")
