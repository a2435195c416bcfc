"""Gift cards with codes and balances that are new in each run: nothing shows which of them is for what."""
import random

SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def code(t, name):
    chance = dice(t, "code-" + name)
    return "-".join("".join(chance.choice(SIGNS) for _ in range(chance.randint(3, 6))) for _ in range(2))


def balance(t, name):
    """All of it can be paid at once by the bank, except from the card `large`."""
    return dice(t, "balance-" + name).randint(700, 1900) if name == "large" else dice(t, "balance-" + name).randint(80, 400)


def cards(t):
    names = ["plain", "other", "large", "left", "right", "race 0", "race 1", "race 2"] + ["card %d" % i for i in range(4)]
    dice(t, "order").shuffle(names)
    return [(code(t, name), balance(t, name)) for name in names]


def left_the_bank(t):
    """The amounts that the bank has paid, in order, from its own ledger: what the program answers is only its word."""
    try:
        return [int(line) for line in (t.data / "bank.txt").read_text().split()]
    except FileNotFoundError:
        return []
