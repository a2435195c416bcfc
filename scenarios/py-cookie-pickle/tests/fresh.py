"""What is new in each run: numbers, texts, and where in Python a function can be found."""
import os
import pathlib
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 9)))


# Not these: they do something when they are imported, or are not installed everywhere.
NOT = ("antigravity", "this", "turtle", "site", "sitecustomize", "pty", "tty")


def modules_with_os(t, count=4):
    """Some of the many modules of Python that hold `os`: whoever forbids those that came to mind forbids not these."""
    files = sorted(pathlib.Path(os.__file__).parent.glob("[a-z]*.py"))
    dice(t, "modules").shuffle(files)
    found = []
    for file in files:
        if file.stem not in NOT and "\nimport os\n" in file.read_text("utf-8", "replace"):
            found.append(file.stem)
            if len(found) == count:
                break
    return found
