"""The tenants of this run and their texts: other names, words and numbers each time."""
import random

SYLLABLES = ("ba", "ce", "do", "fi", "ga", "lo", "mu", "ne", "pi", "ra", "so", "tu", "ve", "zi")
THINGS = ("stairs", "ladder", "carpet", "piano", "window", "gate", "boiler", "garden", "mailbox", "archive")
PLACES = ("hall", "cellar", "attic", "kitchen", "yard", "office", "tower", "workshop")


class Tenants:
    def __init__(self, t):
        r = random.Random(t.canary("tenants"))
        self.r = random.Random(t.canary("questions"))
        parts = r.sample(SYLLABLES, 8)
        self.own, self.neighbour = "".join(parts[:3]), "".join(parts[3:6])
        # Another customer's name may be a part of ours, or ours of theirs.
        self.labs, self.part = self.own + "-labs", self.own[-2:]
        things, places = r.sample(THINGS, 9), r.sample(PLACES, 8)
        self.texts = []
        for tenant in (self.own, self.neighbour, "public"):
            for number in range(3):
                thing, place = things.pop(), r.choice(places)
                self.texts.append((tenant, thing, "The %s in the %s has the number %s" % (thing, place, t.canary("%s %d" % (tenant, number)))))

    def some(self, tenant):
        """A thing of a tenant's, and the text about it."""
        return self.r.choice([(thing, text) for owner, thing, text in self.texts if owner == tenant])
