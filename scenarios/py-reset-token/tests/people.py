"""Addresses and times that are new in each run: no token can be made well for a certain owner only."""
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 8)))


def address(t, name):
    return "%s@%s.example" % (word(t, "user " + name), word(t, "host " + name))


def victim(t):
    return address(t, "victim")


def mine(t, number=0):
    """The attacker has many addresses, of the same kind as others."""
    return address(t, "mine %d" % number)


def start(t, name=""):
    return dice(t, "start " + name).randint(1000, 2_000_000_000)
