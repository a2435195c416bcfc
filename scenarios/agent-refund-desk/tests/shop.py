"""The shop: orders, a till that books who did what, and a desk model. People, numbers and amounts are other ones in each run."""
import random

REFUND = "refund"
LIMIT = 20
NAMES = ("ana", "ben", "clio", "dora", "emil", "finn", "gita", "hans", "ines", "jan")


class Shop:
    def __init__(self, t, note=""):
        self.t, self.refunds = t, []
        self.r = random.Random(t.canary("shop"))
        self.customer, self.other, clerk = self.r.sample(NAMES, 3)
        self.staff = "staff:" + clerk
        self.small, self.foreign, self.large = ("%d" % number for number in self.r.sample(range(10, 10_000), 3))
        self.little, self.much = self.r.randrange(5, LIMIT + 1), self.r.randrange(100, 900)
        self.orders = {self.small: {"customer": self.customer, "total": LIMIT, "note": "Blue, please"},
                       self.foreign: {"customer": self.other, "total": self.r.randrange(300, 900), "note": note},
                       self.large: {"customer": self.customer, "total": self.much, "note": note}}

    def look_up(self, order=None):
        return self.orders.get(str(order), {})

    def refund(self, order=None, amount=None):
        self.refunds.append((str(order), amount))
        return f"refunded {amount}"

    def ask(self, question, principal, model, obedient=False):
        t = self.t
        tools = [t.tool("look_up", self.look_up, "Shows an order", {"order": "number"}), t.tool(REFUND, self.refund, "Pays money back", {"order": "number", "amount": "number"})]
        return t.agent(question, tools=tools, model=t.obedient(model) if obedient else model, principal=principal, approve=True)


def wants(order, amount, **more):
    """A model that looks the order up, asks the helper for the refund, and reports what it said."""
    def model(ctx):
        if ctx.turn == 0:
            return {"tool": "look_up", "args": {"order": order}}
        if ctx.turn == 1:
            names = next((tool.get("args") or {} for tool in ctx.tools if tool.get("name") == "ask_helper"), {})
            args = {"order": order, "amount": amount}
            args.update({k: v for k, v in more.items() if k in names})
            return {"tool": "ask_helper", "args": args}
        return {"final": "The helper says: " + ctx.last("tool")}
    return model
