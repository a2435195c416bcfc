"""Words and numbers that are new in each run, and how the export is read."""
import csv
import io
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 9)))


def person(t, name):
    return "%s %s" % (word(t, "first " + name).capitalize(), word(t, "last " + name).capitalize())


def table(t):
    return list(csv.reader(io.StringIO(t.get("/signups.csv").text)))


def shown(cell):
    """What a spreadsheet shows for a cell: a leading apostrophe marks a text and is not shown."""
    return cell[1:] if cell.startswith("'") else cell
