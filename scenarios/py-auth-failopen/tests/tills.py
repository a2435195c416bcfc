"""Tills, their keys and what they sold. Names, amounts and numbers are new in each run."""
import hashlib
import hmac
import json
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def tills(t):
    """Three names, none of which can be known before."""
    chance = dice(t, "tills")
    return ["till-%d" % n for n in chance.sample(range(1, 60), 2)] + ["".join(chance.choice("abcdefghkmnpqrstuwxyz") for _ in range(7))]


def strange_till(t):
    """A name like that of a till, of which there is no key."""
    return "till-%d" % dice(t, "strange").randint(61, 99)


def amount(t, name):
    chance = dice(t, "amount-" + name)
    return "%d.%02d" % (chance.randint(1, 900), chance.randint(0, 99))


def key(t, till):
    return hashlib.sha256(t.canary("key-" + till).encode())


def sign(t, till, body):
    return till + ":" + hmac.new(key(t, till).digest(), body.encode(), hashlib.sha256).hexdigest()


def sale(till, amount):
    return json.dumps({"till": till, "amount": amount})
