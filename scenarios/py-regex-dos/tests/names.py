"""Names of pages that are new in each run."""
import random
import string

SIGNS = string.ascii_lowercase + string.digits


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name, least=1, most=9):
    chance = dice(t, name)
    return "".join(chance.choice(SIGNS) for _ in range(chance.randint(least, most)))


def words(t, name, count, most=9):
    return "-".join(word(t, "%s %d" % (name, i), 1, most) for i in range(count))


def bad_sign(t, name):
    """A sign that no name of a page may hold."""
    return dice(t, "sign " + name).choice("!?.,;:_+*~ABCDEFGHXYZ \u00e9\u00df\u0416\u0663")
