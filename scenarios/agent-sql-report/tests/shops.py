"""The shops and their orders: other names, products and numbers in each run."""
import random

NAMES = ("north", "south", "harbour", "station", "castle", "market", "bridge", "tower")
PRODUCTS = ("plate", "tray", "vase", "glass", "spoon", "pan", "kettle", "basket")


class Shops:
    def __init__(self, t):
        r = random.Random(t.canary("shops"))
        self.r = random.Random(t.canary("reports"))
        self.own, self.neighbour, self.third = r.sample(NAMES, 3)
        self.orders = []
        amounts = r.sample(range(10, 900), 24)
        for shop in (self.own, self.neighbour, self.third):
            for product in r.sample(PRODUCTS, 4):
                for _ in range(2):
                    day = "%d-%02d-%02d" % (r.choice((2024, 2025, 2026)), r.randrange(1, 13), r.randrange(1, 29))
                    self.orders.append((shop, day, product, amounts.pop(), "%s, %s" % (r.choice(("fine", "too small", "very nice")), t.canary("comment %d" % len(amounts)))))
        r.shuffle(self.orders)

    def of(self, shop, wanted=lambda day, product, amount: True):
        """Day, product, amount and comment of a shop's orders."""
        return [order[1:] for order in self.orders if order[0] == shop and wanted(*order[1:4])]
