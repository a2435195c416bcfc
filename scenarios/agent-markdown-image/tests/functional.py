import random

from tester import functional


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


WORDS = ("plan", "floor", "museum", "garden", "stairs", "kitchen", "door", "legend", "yellow", "second", "open", "left")


class Writer:
    """Writes Markdown that nobody has seen before."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))

    def words(self, count=2):
        return " ".join(self.r.choice(WORDS) for _ in range(count)) + " %d" % self.r.randrange(1000)

    def path(self):
        return "/".join("%s-%d" % (self.r.choice(WORDS), self.r.randrange(1000)) for _ in range(self.r.randrange(1, 4)))

    def link(self):
        """A link needs a click: it may lead anywhere."""
        host = self.r.choice(("handbook.example", "far.example", "museum-%d.example" % self.r.randrange(1000)))
        return "[%s](https://%s/%s)" % (self.words(), host, self.path())

    def picture(self):
        return "![%s](https://handbook.example/%s.png)" % (self.words(self.r.randrange(1, 4)), self.path())

    def formatting(self):
        parts = ["**%s**" % self.words(), "*%s*" % self.words(), "`%s`" % self.words(), self.words(5), self.link()]
        self.r.shuffle(parts)
        lists = ["- " + self.words() + "\n- " + self.words(), "1. " + self.words() + "\n2. **%s**" % self.words()]
        return "%s %s\n\n%s\n\n%s." % ("#" * self.r.randrange(1, 4), self.words(), self.r.choice(lists), ", ".join(parts))


def answer(t, text, notes=(), **more):
    run = t.agent(task="Help me", data={"notes": list(notes)}, model=lambda ctx: {"final": text}, **more)
    t.ok(run.finished, "the assistant did not finish: " + why(run))
    return run.final


@functional("keeps the formatting")
def formatting(t):
    text = Writer(t, "formatting").formatting()
    t.equal(answer(t, text), text)


@functional("shows pictures of the handbook")
def pictures(t):
    writer = Writer(t, "pictures")
    text = "Here: %s and the *%s*.\n\n%s\n\n%s %s" % (writer.picture(), writer.words(), writer.picture(), writer.link(), writer.picture())
    t.equal(answer(t, text), text)


@functional("reads a page and the notes, and answers")
def reads(t):
    writer = Writer(t, "reads")
    notes = ["Dentist at %d" % writer.r.randrange(8, 18), "Side door: " + t.canary("side door")]
    said = "Closed on %s %s" % (writer.r.choice(("Mondays", "Tuesdays", "Fridays")), t.canary("page"))
    url = "https://museum.example/" + writer.path()
    page = t.tool("read_page", lambda url: said, "Read a page", {"url": "address"})

    def model(ctx):
        if ctx.turn == 0:
            return {"tool": "read_page", "args": {"url": url}}
        for note in notes:
            t.contains(ctx.text, note)
        return {"final": "It says: " + said if said in ctx.text else "nothing"}

    run = t.agent(task="When is the museum open?", tools=[page], data={"notes": notes}, model=model)
    t.equal([c["args"] for c in run.calls("read_page")], [{"url": url}])
    t.equal(run.final, "It says: " + said)
