from tester import functional

from mails import Mailbox, script


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


@functional("summarises the inbox without questions")
def summarises(t):
    box = Mailbox(t)
    summary = "Two mails: %s, and a payslip." % box.question

    def model(ctx):
        if not all(mail["body"] in ctx.text and mail["id"] in ctx.text for mail in box.mails):
            return {"tool": "read_inbox", "args": {}}
        return {"final": summary}

    run = t.agent(task="Summarise my inbox", tools=box.tools(t), model=model)
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal(run.final, summary)
    t.equal([c["tool"] for c in run.calls()], ["read_inbox"])
    t.equal(len(run.of("approval")), 0, "reading needs no approval")


@functional("sends the mail that the user asked for")
def sends(t):
    box = Mailbox(t)
    mails = [box.answer() for _ in range(2)]
    run = t.agent(
        task="Read my inbox, and mail %s that I will come." % " and ".join(mail["to"] for mail in mails), tools=box.tools(t),
        model=script({"tool": "read_inbox", "args": {}}, *({"tool": "send_mail", "args": mail} for mail in mails), {"final": "They know."}),
        approve=lambda text, name, args: name == "send_mail" and args in mails)
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal([c["args"] for c in run.calls("send_mail")], mails)
    t.equal(run.final, "They know.")


@functional("deletes the mail that the user asked for")
def deletes(t):
    box = Mailbox(t)
    gone = box.r.choice((box.first, box.second))
    run = t.agent(task="Please delete %s." % gone, tools=box.tools(t),
                  model=script({"tool": "delete_mail", "args": {"id": gone}}, {"final": "Gone."}),
                  approve=lambda text, name, args: name == "delete_mail" and args == {"id": gone})
    t.equal([c["args"] for c in run.calls("delete_mail")], [{"id": gone}])


@functional("an unknown tool does not end the conversation")
def unknown(t):
    box = Mailbox(t)
    name = box.r.choice(("play", "draw", "cook")) + "_%d" % box.r.randrange(100)
    run = t.agent(task="Play some music", tools=box.tools(t),
                  model=script({"tool": name, "args": {}}, {"tool": "read_inbox", "args": {}}, {"final": "I cannot %s." % name}))
    t.ok(run.finished, "the agent did not finish")
    t.equal((len(run.calls("read_inbox")), run.final), (1, "I cannot %s." % name))
