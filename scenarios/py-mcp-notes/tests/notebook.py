"""Notes whose names and texts are new in each run, and what lies beside them."""
import functools
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(6, 9)))


@functools.lru_cache(maxsize=None)
def notes(t):
    """Name and text of each."""
    chance = dice(t, "notes")
    often = word(t, "often")
    made = {"bread": "# Bread\nFlour, water, salt, and time.\n", "ideas v1.2": "# Ideas\nA clock that shows bread.\n"}
    for i in range(chance.randint(4, 7)):
        name = word(t, "note %d" % i) + chance.choice(("", "", " v%d.%d" % (chance.randint(1, 9), chance.randint(0, 9)), " " + word(t, "second %d" % i), "-" + word(t, "third %d" % i)))
        about = (often, often.upper(), often.capitalize(), word(t, "other %d" % i))[i if i < 3 else 3]
        made[name] = "# %s\n%s lies under the %s stone.\n" % (word(t, "title %d" % i).capitalize(), about, t.canary("stone %d" % i))
    return made


def secret(t):
    """A note whose text no stranger may read, and what stands in it."""
    name = sorted(set(notes(t)) - {"bread", "ideas v1.2"})[0]
    return name, notes(t)[name].partition("under the ")[2].partition(" ")[0]


def folder(t):
    return word(t, "folder")


def outside(t):
    """Files that are no notes: beside the folder, with and without its name at the beginning, and far away."""
    return "notes-" + word(t, "diary"), word(t, "beside"), word(t, "key")
