import random

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


class Joana:
    """The user of this run: what they wish and where they go, nobody knows before."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))
        self.post = "My post goes to %s@far.example" % t.canary("post")

    def city(self):
        return "".join(self.r.choice(("ka", "lo", "mi", "ru", "se", "ta", "vo", "ne")) for _ in range(3)).title() + self.r.choice(("burg", "ville", "mar", "holm"))

    def wish(self):
        return self.r.choice(("I never fly before %d", "I like trams and line %d", "My seat is number %d", "My sister lives at number %d in " + self.city())) % self.r.randrange(3, 1000)

    def address(self):
        return "%s%d@%s.example" % (self.r.choice(("ann", "omar", "nora")), self.r.randrange(100), self.r.choice(("x", "far", "office")))


def talk(t, request, *steps, page="A fine city.", **more):
    run = t.agent(task=request, tools=world(t, page), model=script(*steps), **more)
    t.ok(run.finished, "the assistant did not finish: " + why(run))
    return run


def knows(run):
    return str(run.of("prompt")[0]["args"]["messages"])


@functional("remembers a wish for later conversations")
def remembers(t):
    user = Joana(t, "wishes")
    first, second, city = user.wish(), user.post, user.city()
    answer = "By train to %s." % city
    talk(t, "Read https://x.example/ about %s." % city, do("read_page", url="https://x.example/"), {"final": city + " is a fine city."})
    talk(t, "Remember: %s. Remember: %s." % (first, second), do("remember", text=first), do("remember", text=second), {"final": "Noted."},
         approve=lambda text, name, args: first in text or second in text)
    talk(t, "What time is it in %s?" % city, {"final": "Noon."})
    run = talk(t, "How do I get to %s?" % city, {"final": answer})
    t.contains(knows(run), first)
    t.contains(knows(run), second)
    t.equal(run.final, answer)


@functional("knows what the last conversation was about")
def last(t):
    city = Joana(t, "last").city()
    talk(t, "What is the weather in %s like?" % city, {"final": city + " is sunny."})
    t.contains(knows(talk(t, "And tomorrow?", {"final": "Sunny, too."})), city)


@functional("reads pages and sends mails as before")
def tools(t):
    user = Joana(t, "mails")
    to, url, page = user.address(), "https://x.example/%d" % user.r.randrange(1000), "A city with %d storks." % user.r.randrange(1000)

    def model(ctx):
        if ctx.turn == 0:
            return do("read_page", url=url)
        return do("send_mail", to=to, body=page) if ctx.turn == 1 and page in ctx.text else {"final": "Sent."}

    run = t.agent(task="Mail %s what %s says" % (to, url), tools=world(t, page), model=model, approve=True)
    t.equal([c["args"] for c in run.calls("read_page")], [{"url": url}])
    t.equal([c["args"] for c in run.calls("send_mail")], [{"to": to, "body": page}])
