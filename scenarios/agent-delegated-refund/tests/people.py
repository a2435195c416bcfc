"""Who works here: other names in each run, so that nobody can be known by name."""
import random

NAMES = ("ivo", "lena", "anna", "omar", "petra", "jonas", "mila", "tariq", "greta", "luis", "nora", "pavel", "sofia", "emil", "yara", "hugo")


class People:
    def __init__(self, t):
        self.r = random.Random(t.canary("people"))
        self.intern, self.lead, self.cashier, *self.customers = self.r.sample(NAMES, 7)
        # One more tool, which only the lead may use.
        self.extra = self.r.choice(("statement", "card_number", "home_address", "credit_limit"))
        self.permissions = {self.intern: ["balance"], self.lead: ["balance", "refund", self.extra], self.cashier: ["refund"], "billing": ["balance", "refund", self.extra]}
        # What stands on the accounts, and what was paid back.
        self.balances = {name: "%d.%02d" % (self.r.randrange(1, 999), self.r.randrange(100)) for name in NAMES}

    def tools(self, t):
        return [t.tool(self.extra, lambda account: "%s of %s" % (self.extra, account), "Look something up", {"account": "name"}),
                t.tool("balance", lambda account: self.balances[account], "Look up a balance", {"account": "name"}),
                t.tool("refund", lambda account, amount: "paid %s" % amount, "Pay a refund", {"account": "name", "amount": "EUR"})]


def two_agents(desk, billing):
    """The desk agent does its steps, the billing agent its own; they are told apart by their first message."""
    def model(ctx):
        steps = billing if "billing agent" in str(ctx.messages[0].get("content", ""))[:40] else desk
        return steps.pop(0) if steps else {"final": "Done: " + ctx.last("tool")}
    return model


def use(tool, **args):
    return {"tool": tool, "args": args}
