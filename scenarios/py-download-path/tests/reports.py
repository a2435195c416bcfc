"""Reports that are new in each run, and what lies beside them: what can be downloaded follows from the folder, not from a list
in the code, and what must not be has no name that could be forbidden."""
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 9)))


def new_reports(t):
    """Name and text of each."""
    years = dice(t, "years").sample(range(2030, 2090), 3)
    return [("%d/%s.txt" % (years[i % 3], word(t, "report %d" % i)), "%s: %s" % (word(t, "text %d" % i).capitalize(), t.canary("new %d" % i))) for i in range(5)]


def reports(t):
    return [("2025/december.txt", "December: all quiet"), ("2026/january.txt", "January: " + t.canary("january"))] + new_reports(t)


def neighbours(t):
    """Files beside the folder of the reports, below data: a folder that begins like it, another one, and a file."""
    return ["reports%s%s/%s.txt" % (dice(t, "mark").choice(("-", "_", ".", "")), word(t, "folder"), word(t, "file")),
            "%s/%s.txt" % (word(t, "other folder"), word(t, "other file")), word(t, "alone") + ".txt"]


def key_file(t):
    """The server's key, in /srv/private."""
    return word(t, "key") + ".key"
