"""Who is in the ticket tool, and which tickets. Names, titles and numbers are new in each run: rights follow from the account, not
from a name."""
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def letters(t, name, begin=""):
    chance = dice(t, name)
    return begin + "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(6, 9)))


def members(t):
    return ["kim", "lee", letters(t, "member", "mo"), letters(t, "other member")]


def moderators(t):
    return ["mo", letters(t, "moderator")]


def tickets(t):
    """The open ones, as (number, owner, title)."""
    chance = dice(t, "tickets")
    owners = members(t) + moderators(t)
    owners += [chance.choice(owners) for _ in range(chance.randint(1, 6))]
    chance.shuffle(owners)
    return [(i + 1, owner, "%s needs help with %s" % (owner.capitalize(), letters(t, "title %d" % i))) for i, owner in enumerate(owners)]


def as_user(t, name):
    return {"Authorization": "Bearer " + t.canary("token-" + name)}
