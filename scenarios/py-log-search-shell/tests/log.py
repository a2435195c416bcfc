"""A log that is new in each run, and what a search in it must find."""
import functools
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(6, 9)))


def odd(t):
    """Parts of lines with signs of many kinds, as logs hold them."""
    chance, a, b = dice(t, "odd"), word(t, "odd a"), word(t, "odd b")
    return ["/cart;%s=%d" % (a, chance.randint(1, 99)), "price <b>%d</b> & more" % chance.randint(1, 99), "it's %s|%s" % (a, b), "(%s) [%s] {%s}" % (a, b, a), "%s*.%s?" % (b, a),
            "cp data/%s %s" % (a, b), "touch ./%s # %s" % (b, a), "mkdir /%s > %s" % (a, b), "%s~!^%s, 100 %%" % (a, b)]


@functools.lru_cache(maxsize=None)
def log(t):
    chance = dice(t, "log")
    often, seldom = word(t, "often"), word(t, "seldom")
    said = [["db timeout after %ds", "db Timeout after %ds", "cache TIMEOUT %d"][chance.randrange(3)] % chance.randint(1, 99) for _ in range(chance.randint(3, 6))]
    said += ["%s %s %d" % (word(t, "x %d" % i), (often, often.upper(), often.capitalize())[chance.randrange(3)], i) for i in range(chance.randint(24, 32))]
    said += ["%s%s" % (word(t, "y %d" % i), seldom) for i in range(chance.randint(2, 5))]
    said += ["%s -> %d" % (part, chance.randint(200, 504)) for part in odd(t)]
    said += [word(t, "z %d" % i) for i in range(9)]
    chance.shuffle(said)
    return ["%02d:%02d %s" % (i // 60 + 9, i % 60, text) for i, text in enumerate(["service started", *said, "service stopped"])]


def found(t, term, last=20):
    return [line for line in log(t) if term.lower() in line.lower()][-last:]
