"""Customers that are new in each run: a search that knows its answers by heart does not find them."""
import functools
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(6, 9))).capitalize()


def pair(t, name):
    """Two with one family name: by name the first comes first, by city the second."""
    family = word(t, "family " + name)
    first, second = ("%s%s %s" % (letters, word(t, "given %s %s" % (name, letters)).lower(), family) for letters in pairs_of_letters(t, name))
    low, high = ("%s%s" % (letters, word(t, "city %s %s" % (name, letters)).lower()) for letters in pairs_of_letters(t, "city " + name))
    return [(first, high), (second, low)]


def pairs_of_letters(t, name):
    chance = dice(t, "letters " + name)
    return chance.choice("ABCDEFGHIJKL"), chance.choice("MNOPQRSTUVWXYZ")


def with_apostrophe(t):
    return "%s O'%s" % (word(t, "given"), word(t, "apostrophe"))


def crowd(t):
    """More of one name than the search shows."""
    family = word(t, "crowd")
    return [("%s %s" % (word(t, "crowd %d" % i), family), word(t, "crowd city %d" % i)) for i in range(dice(t, "crowd").randint(51, 60))]


@functools.lru_cache(maxsize=None)
def customers(t):
    many = [("Ida Nowak", "Poznan"), ("Piotr Nowak", "Gdansk"), ("Sean O'Connor", "Cork"), ("Lena Brandt", "Kiel")] + pair(t, "today") + pair(t, "wanted") + crowd(t)
    # A customer may be called anything, also like a token.
    many += [(with_apostrophe(t), word(t, "city of it")), ("%s %s" % (word(t, "code"), t.canary("customer")), word(t, "city of that"))]
    dice(t, "order").shuffle(many)
    return many


def table(t):
    """Where the tokens are."""
    return "%s_%s" % (dice(t, "table").choice(("api", "access", "app")), word(t, "table").lower())
