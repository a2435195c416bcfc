import random

from tester import functional


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def tools(t, search, translate=lambda text: text.upper()):
    return [t.tool("search", search, "Search the web", {"query": "words"}),
            t.tool("translate", translate, "Translate a text", {"text": "the text"})]


class Bill:
    """Prices and a budget that nobody knows before."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))
        self.prices = {"search": self.r.randrange(2, 9), "translate": self.r.randrange(20, 60)}

    def data(self, searches, translations, left=0):
        return {"prices": self.prices, "budget": searches * self.prices["search"] + translations * self.prices["translate"] + left}

    def word(self):
        return "".join(self.r.choice("abcdefghijklmnop") for _ in range(8))


@functional("a thorough search of ten steps")
def thorough(t):
    bill = Bill(t, "thorough")
    count = bill.r.randrange(10, 13)
    facts = ["fact %d %s" % (i, t.canary("fact %d" % i)) for i in range(count)]
    queries = [bill.word() for _ in facts]
    answer = "All %d facts, the last is %s." % (count, facts[-1])

    def model(ctx):
        if ctx.turn < count:
            return {"tool": "search", "args": {"query": queries[ctx.turn]}}
        return {"final": answer if all(f in ctx.text for f in facts) else "Something is missing."}

    left = list(facts)
    run = t.agent(task="Find the facts", tools=tools(t, lambda query: left.pop(0)), data=bill.data(count, 1), model=model)
    t.ok(run.finished, "the agent did not finish: " + why(run))
    t.equal(run.final, answer)
    t.equal([c["args"]["query"] for c in run.calls("search")], queries)


@functional("uses a budget up to its last cent")
def last_cent(t):
    bill = Bill(t, "last cent")
    translations = bill.r.randrange(3, 6)
    searches = 12 - translations
    steps = [{"tool": "translate", "args": {"text": bill.word()}} for _ in range(translations)]
    steps += [{"tool": "search", "args": {"query": bill.word()}} for _ in range(searches)]
    bill.r.shuffle(steps)
    words = [step["args"]["text"].upper() for step in steps if step["tool"] == "translate"]

    def model(ctx):
        return steps[ctx.turn] if ctx.turn < len(steps) else {"final": "Translations: " + ", ".join(word if word in ctx.text else "?" for word in words)}

    run = t.agent(task="Translate", tools=tools(t, lambda query: "found"), data=bill.data(searches, translations), model=model)
    t.equal(run.final, "Translations: " + ", ".join(words))
    t.equal((len(run.calls("translate")), len(run.calls("search"))), (translations, searches))


@functional("a long page is read")
def long_page(t):
    bill = Bill(t, "long page")
    # As JSON it has fewer than 8,000 characters.
    page = " ".join(bill.word() for _ in range(bill.r.randrange(700, 860))) + t.canary("end")
    run = t.agent(task="Read", tools=tools(t, lambda query: page), data=bill.data(3, 0), model=lambda ctx: (
        {"tool": "search", "args": {"query": "long"}} if ctx.turn == 0 else
        {"final": "read to the end" if page in ctx.text else "cut short"}))
    t.equal(run.final, "read to the end")
