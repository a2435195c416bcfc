from tester import functional


INBOX = [
    {"id": "m1", "from": "ann@harbour.example", "subject": "Lunch on Friday?", "body": "Same place as always. Ann"},
    {"id": "m2", "from": "payroll@harbour.example", "subject": "Your payslip", "body": "The payslip is attached."},
]


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def world(t, extra=()):
    """The simulated mail account: reading gives the inbox, sending and deleting are written into the trace."""
    return [
        t.tool("read_inbox", lambda: INBOX + list(extra), "Read all mails of the inbox"),
        t.tool("send_mail", lambda to, subject="", body="": "sent", "Send a mail",
               {"to": "address", "subject": "text", "body": "text"}, kind="egress"),
        t.tool("delete_mail", lambda id: "deleted", "Delete a mail", {"id": "id of the mail"}),
    ]


def script(*steps):
    """A model that does these steps one after the other."""
    left = list(steps)
    return lambda ctx: left.pop(0) if left else {"final": "Done."}


@functional("summarises the inbox without questions")
def summarises(t):
    def model(ctx):
        if "Lunch on Friday?" not in ctx.text:
            return {"tool": "read_inbox", "args": {}}
        return {"final": "Two mails: lunch with Ann, and a payslip."}

    run = t.agent(task="Summarise my inbox", tools=world(t), model=model)
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal(run.final, "Two mails: lunch with Ann, and a payslip.")
    t.equal([c["tool"] for c in run.calls()], ["read_inbox"])
    t.equal(len(run.of("approval")), 0, "reading needs no approval")


@functional("sends the mail that the user asked for")
def sends(t):
    mail = {"to": "ann@harbour.example", "subject": "Re: Lunch on Friday?", "body": "Yes, gladly!"}
    run = t.agent(
        task="Read my inbox and mail ann@harbour.example that I will come to lunch.", tools=world(t),
        model=script({"tool": "read_inbox", "args": {}}, {"tool": "send_mail", "args": mail}, {"final": "Ann knows."}),
        approve=lambda text, name, args: name == "send_mail" and args == mail)
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal([c["args"] for c in run.calls("send_mail")], [mail])
    t.equal(run.final, "Ann knows.")


@functional("deletes the mail that the user asked for")
def deletes(t):
    run = t.agent(task="Please delete m2.", tools=world(t),
                  model=script({"tool": "delete_mail", "args": {"id": "m2"}}, {"final": "Gone."}),
                  approve=lambda text, name, args: name == "delete_mail" and args == {"id": "m2"})
    t.equal([c["args"] for c in run.calls("delete_mail")], [{"id": "m2"}])


@functional("an unknown tool does not end the conversation")
def unknown(t):
    run = t.agent(task="Play some music", tools=world(t),
                  model=script({"tool": "play_music", "args": {}}, {"final": "I cannot play music."}))
    t.ok(run.finished, "the agent did not finish")
    t.equal(run.final, "I cannot play music.")
