"""Themes as zip files. Names, folders and contents are new in each run."""
import io
import random
import zipfile


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(6, 9)))


def css(t, name):
    return "%s{color:#%06x}" % (word(t, "in " + name), dice(t, name).getrandbits(24))


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def send(t, name, files):
    return t.post("/themes/" + name, body=zipped(files), headers={"Content-Type": "application/zip"})


def mine(t):
    return word(t, "my theme")


def neighbours(t):
    """Themes of others: one whose name begins like mine, and one with another name."""
    return [mine(t) + "-" + word(t, "neighbour"), word(t, "other theme")]
