"""Addresses and answers that are new in each run."""
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 9)))


def path(t, name):
    return "/" + "/".join(word(t, "%s %d" % (name, i)) for i in range(dice(t, name).randint(1, 3)))


def register(t, host):
    return t.post("/partners", json={"host": host}, headers={"X-Operator-Key": t.canary("operator")})


def host_of(listener):
    return "127.0.0.1:%d" % listener.port
