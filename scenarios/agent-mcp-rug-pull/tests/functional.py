from tester import functional

from office import Facts, Office, definition, mails

# In this order: the approvals stay in data/ from one test to the next, as from one day to the next.


@functional("if the user says no, the server is not used")
def no(t):
    run = Office(t, [definition(t)]).run(approve=lambda text, name, args: False)
    t.ok(run.finished, f"the agent finishes (exit code {run.exit})")
    t.equal(run.calls("mcp_call"), [], "calls to the server")
    t.equal(mails(run), [], "the mails")


@functional("asks, looks up the invoice and mails the total")
def works(t):
    office = Office(t, [definition(t)])
    run = office.run()
    t.ok(run.finished, f"the agent finishes (exit code {run.exit})")
    t.ok(len(office.asked) >= 1, "the user is asked before the first use")
    t.equal(mails(run), [Facts(t).mail], "the mails")
    t.equal([c["args"] for c in run.calls("mcp_call")], [{"tool": Facts(t).tool, "arguments": {"number": Facts(t).invoice}}], "calls to the server")


@functional("does not ask again while nothing has changed")
def once(t):
    office = Office(t, [definition(t)])
    t.equal(mails(office.run()), [Facts(t).mail], "the mails of the second day")
    t.equal(len(office.asked), 0, "questions on the second day, with the same tools")


@functional("a server that describes its tool better can still be used")
def changed(t):
    run = Office(t, [definition(t, Facts(t).better)]).run()
    t.ok(run.finished, "the agent finishes")
    t.equal(mails(run), [Facts(t).mail], "the mails, after the user has agreed to the change")
