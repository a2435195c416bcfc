"""Amounts, currencies and addresses that are new in each run."""
import random
from decimal import Decimal

RATES = {"USD": Decimal("1.08"), "GBP": Decimal("0.86"), "JPY": Decimal("171.2")}


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def letters(t, name, least=5, most=9):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(least, most)))


def amounts(t, currency, count):
    """Amounts, and what they are in the currency. None of them ends half-way between two cents."""
    chance, found = dice(t, "amounts " + currency), []
    while len(found) < count:
        amount = Decimal(chance.randint(1, 99_999)) / (1, 10, 100)[chance.randrange(3)]
        cents = amount * RATES[currency] * 100
        if cents % 1 != Decimal("0.5"):
            found.append((str(amount), "%.2f" % (round(cents) / Decimal(100))))
    return found


def unknown(t, name, least=3, most=3):
    """A currency of which there is no rate here."""
    found = letters(t, name, least, most).upper()
    return found if found not in RATES else "XYZ"
