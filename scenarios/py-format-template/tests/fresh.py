"""Templates that are new in each run."""
import random

# The placeholders, and what they are in the example order.
VALUES = {"{customer.name}": "Ada Example", "{customer.city}": "Turin", "{order.number}": "1042", "{order.total}": "59.9", "{order.total:.2f}": "59.90",
          "{{": "{", "}}": "}"}


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 9)))


def mail(t, name, parts):
    """A template with words between some placeholders, and the mail that it makes."""
    template = made = word(t, name).capitalize() + " "
    for i, part in enumerate(parts):
        between = dice(t, "%s %d" % (name, i)).choice((" %s ", "\n%s: ", " (%s) ", " %s, ")) % word(t, "%s between %d" % (name, i))
        template += part + between
        made += VALUES[part] + between
    return template, made


def some(t, name, count):
    return [dice(t, "%s %d" % (name, i)).choice(list(VALUES)[:5]) for i in range(count)]
