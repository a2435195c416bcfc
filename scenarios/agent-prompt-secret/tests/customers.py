"""The customers of this run: nobody is known by name."""
import random

NAMES = ("Rosa", "Omar", "Petra", "Jonas", "Mila", "Tariq", "Greta", "Luis", "Nora", "Pavel")


def dice(t, name):
    """Chances of this run: another customer, another question, other numbers."""
    return random.Random(t.canary(name))


def customer(r):
    return r.choice(NAMES) + " " + r.choice(("Nash", "Okafor", "Kim", "Vega")) + " %d" % r.randrange(2, 100)
