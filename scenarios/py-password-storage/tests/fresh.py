"""Passwords that are new in each run."""
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(7, 11)))


def passwords(t, name):
    """Of several kinds: a word, other alphabets, long, with signs that a row may use itself."""
    one, two = word(t, "one " + name), word(t, "two " + name)
    return [one, "\u00e4\u00f6\u00fc \u2603" + one, two * 9, "%s$%s:%s" % (one, two, one[:3]), " %s " % two]
