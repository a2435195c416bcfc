"""Pictures whose contents and names are new in each run."""
import random

KINDS = {"png": ("image/png", b"\x89PNG\r\n\x1a\n"), "jpg": ("image/jpeg", b"\xff\xd8\xff\xe0"), "gif": ("image/gif", b"GIF89a")}


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 9)))


def picture(t, name, kind, size=None):
    """It begins as such a picture does; what follows is anything."""
    chance = dice(t, "picture " + name)
    begin = KINDS[kind][1]
    return begin + chance.randbytes((size or chance.randint(60, 900)) - len(begin))


def upload(t, name, content, content_type):
    return t.post("/avatars?name=" + t.quote(name), body=content, headers={"Content-Type": content_type})
