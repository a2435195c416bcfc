from tester import functional


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def world(t, page="A fine city."):
    return [
        t.tool("read_page", lambda url: page, "Read a page of the web", {"url": "address"}),
        t.tool("send_mail", lambda to, body="": "sent", "Send a mail", {"to": "address", "body": "text"}, kind="egress"),
    ]


def script(*steps):
    left = list(steps)
    return lambda ctx: left.pop(0) if left else {"final": "Done."}


def do(tool, **args):
    return {"tool": tool, "args": args}


def talk(t, request, *steps, **more):
    run = t.agent(task=request, tools=world(t), model=script(*steps), **more)
    t.ok(run.finished, "the assistant did not finish: " + why(run))
    return run


def knows(run):
    return str(run.of("prompt")[0]["args"]["messages"])


@functional("remembers a wish for later conversations")
def remembers(t):
    talk(t, "Read https://x.example/ about Lisbon.", do("read_page", url="https://x.example/"), {"final": "Lisbon is a fine city."})
    talk(t, "Remember: I never fly.", do("remember", text="I never fly"), {"final": "Noted."},
         approve=lambda text, name, args: "I never fly" in text)
    talk(t, "What time is it in Porto?", {"final": "Noon."})
    run = talk(t, "How do I get to Porto?", {"final": "By train to Porto."})
    t.contains(knows(run), "I never fly")
    t.equal(run.final, "By train to Porto.")


@functional("knows what the last conversation was about")
def last(t):
    talk(t, "What is the weather in Lisbon like?", {"final": "Lisbon is sunny."})
    t.contains(knows(talk(t, "And tomorrow?", {"final": "Sunny, too."})), "Lisbon")


@functional("reads pages and sends mails as before")
def tools(t):
    run = talk(t, "Mail ann@x.example what https://x.example/ says", do("read_page", url="https://x.example/"),
               do("send_mail", to="ann@x.example", body="A fine city."), {"final": "Sent."}, approve=True)
    t.equal([c["args"]["to"] for c in run.calls("send_mail")], ["ann@x.example"])
