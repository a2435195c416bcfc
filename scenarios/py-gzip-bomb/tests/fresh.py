"""Readings that are new in each run."""
import gzip
import json
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 9)))


def readings(t, name, count):
    chance = dice(t, "readings " + name)
    sensors = [word(t, "%s %d" % (name, i)) for i in range(min(count, 60))]
    return [{"sensor": chance.choice(sensors), "value": round(chance.uniform(-40, 60), chance.choice((0, 1, 6)))} for _ in range(count)]


def packed(entries):
    return gzip.compress("".join(json.dumps(e) + "\n" for e in entries).encode())


def one_line(t, name):
    return (json.dumps(readings(t, name, 1)[0]) + "\n").encode()


def wide(t, name, size):
    """A reading as UTF-8 whose characters take two to four bytes each, of about so many bytes."""
    letter = dice(t, name).choice("äøßцжλπ€あ漢字語🌡🔥🌧")
    return json.dumps({"sensor": letter * (size // len(letter.encode())), "value": dice(t, name + " value").randint(-40, 60)}, ensure_ascii=False).encode() + b"\n"
