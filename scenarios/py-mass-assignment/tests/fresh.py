"""Members of the club who are new in each run."""
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(6, 9)))


def person(t, name):
    return {"name": word(t, "name " + name).capitalize(), "email": "%s@%s.example" % (word(t, "mail " + name), word(t, "at " + name))}


def city(t, name):
    return word(t, "city " + name).capitalize()
