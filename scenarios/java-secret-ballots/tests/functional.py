import random

from tester import functional

NAMES = ("Amara", "Bruno", "Clara")
VOTES = []


def count(t):
    return t.get("/count", headers={"Authorization": "Bearer " + t.canary("count")})


def votes(t, name, names=NAMES):
    """Some votes in an order that nobody knows before."""
    r = random.Random(t.canary(name))
    return [r.choice(names) for _ in range(r.randrange(4, 12))]


def vote(t, name):
    r = t.post("/vote", name)
    t.equal(r.status, 201, f"a vote for {name}")
    VOTES.append((name, r.text))
    return r.text


def result():
    names = [name for name, _ in VOTES]
    return "{%s}" % ", ".join(f"{name}={names.count(name)}" for name in NAMES if name in names)


@functional("votes are counted")
def counted(t):
    for names in (NAMES[1:], NAMES[:2], NAMES):
        for name in votes(t, "votes for " + names[0] + names[-1], names):
            vote(t, name)
        t.equal(count(t).text, result(), "the result so far")


@functional("the receipt is on the board")
def receipt(t):
    for name in votes(t, "receipts"):
        sealed = vote(t, name)
        t.absent(sealed, name, "the sealed ballot")
    t.equal(t.get("/board").text.split("\n"), [sealed for _, sealed in VOTES], "the board: all receipts, in the order of voting")
    t.equal(len({len(sealed) for _, sealed in VOTES}), 1, "lengths of ballots")
    t.equal(count(t).text, result(), "the result")


@functional("only the committee counts, only candidates are voted for")
def guarded(t):
    t.equal(t.get("/count").status, 403, "counting without the token")
    t.equal(t.get("/count", headers={"Authorization": "Bearer " + t.canary("nobody")}).status, 403, "counting with another token")
    for name in ("Mallory", "Amar", "Bruno Clara", t.canary("candidate")):
        t.equal(t.post("/vote", name).status, 400, "a vote for somebody else")
    t.equal(count(t).text, result(), "the result, as before")
