"""Names, passwords and lines that are new in each run."""
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("bcdfghjklmnpqrstvwxyz") for _ in range(chance.randint(7, 10)))


def stamp(t, name):
    chance = dice(t, name)
    return "20%02d-%02d-%02dT%02d:%02d:%02d" % (chance.randint(24, 32), chance.randint(1, 12), chance.randint(1, 28), chance.randint(0, 23), chance.randint(0, 59),
                                                chance.randint(0, 59))


def password(t, name):
    """Long enough that no part of it is in a log by chance, and like nothing that could be filtered out by its form."""
    chance = dice(t, name)
    return word(t, "in " + name) + "".join(chance.choice("abcdefghjkmnpqrstuvwxyzACEFGHJKLMNPQRTUVWXY234679") for _ in range(chance.randint(12, 24)))
