"""Staff and patients who are new in each run."""
import csv
import functools
import io
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(6, 9)))


def person(t, name):
    return word(t, "person " + name).capitalize()


def staff(t):
    return ["mira", word(t, "staff")]


@functools.lru_cache(maxsize=None)
def patients(t):
    chance = dice(t, "patients")
    numbers = sorted(chance.sample(range(1, 500), chance.randint(5, 8)))
    return [{"id": n, "name": person(t, str(n)), "note": "%s %s" % (word(t, "note %d" % n), t.canary("note %d" % n))} for n in numbers]


def password(t, user):
    return t.canary("password-" + user)


def login(t, user):
    return t.post("/login", json={"user": user, "password": password(t, user)})


def bearer(response):
    return {"Authorization": "Bearer " + response.json()["token"]}


def table(text):
    """Patients as an export shows them."""
    return [{"id": int(row["id"]), "name": row["name"], "note": row["note"]} for row in csv.DictReader(io.StringIO(text))]
