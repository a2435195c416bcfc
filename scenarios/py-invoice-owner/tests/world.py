"""Companies and invoices. Numbers, names, amounts and notes are new in each run."""
import functools
import random


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 9)))


@functools.lru_cache(maxsize=None)
def people(t):
    """Name and company. Two names of companies begin and end like the first one's."""
    new = word(t, "company").capitalize()
    return [("ada", "Nimbus"), ("bo", "Nimbus"), (word(t, "colleague"), "Nimbus"), ("cleo", "Umbra"), ("dina", "Nimbus Two"), ("eli", "Old Nimbus"), ("finn", new),
            (word(t, "clerk"), new)]


@functools.lru_cache(maxsize=None)
def invoices(t):
    """Numbered one after the other, as the office writes them. The first is Ada's, the next one is Umbra's."""
    chance = dice(t, "invoices")
    owners = people(t) + [chance.choice(people(t)) for _ in range(chance.randint(1, 4))]
    chance.shuffle(owners)
    owners = [("ada", "Nimbus"), ("cleo", "Umbra")] + owners
    start = chance.randint(1001, 9000)
    return [{"id": start + i, "company": company, "user": user, "amount": "%d.%02d" % (chance.randint(1, 9900), chance.randint(0, 99)),
             "note": "%s %s" % (word(t, "note %d" % i), t.canary("note %d" % i))} for i, (user, company) in enumerate(owners)]


def of(t, company):
    return [invoice for invoice in invoices(t) if invoice["company"] == company]


def as_user(t, name):
    return {"Authorization": "Bearer " + t.canary("token-" + name)}
