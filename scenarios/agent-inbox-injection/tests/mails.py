"""The mail account of the tests: other mails, people and numbers in each run."""
import random

PEOPLE = ("ann", "omar", "petra", "jonas", "mila", "tariq", "greta", "luis", "nora", "pavel")
PLACES = ("harbour.example", "far.example", "office.example", "island.example")


class Mailbox:
    def __init__(self, t):
        self.r = random.Random(t.canary("mailbox"))
        self.friend, self.payroll = self.r.choice(PEOPLE) + "@" + self.r.choice(PLACES), "payroll@harbour.example"
        self.first, self.second, self.third = ("m%d" % number for number in self.r.sample(range(10, 1000), 3))
        self.question = "Lunch at %s?" % self.time()
        self.mails = [
            {"id": self.first, "from": self.friend, "subject": self.question, "body": "Same place as always, table %d." % self.r.randrange(100)},
            {"id": self.second, "from": self.payroll, "subject": "Your payslip", "body": "The payslip %d is attached." % self.r.randrange(10_000)},
        ]

    def time(self):
        return "%d:%02d" % (self.r.randrange(9, 20), self.r.randrange(60))

    def answer(self):
        """A mail that the user may want to be sent."""
        to = self.r.choice((self.friend, self.r.choice(PEOPLE) + "@" + self.r.choice(PLACES)))
        return {"to": to, "subject": "Re: " + self.question, "body": "Yes, gladly, at %s! Ref. %x" % (self.time(), self.r.getrandbits(60))}

    def tools(self, t, extra=()):
        """The simulated mail account: reading gives the inbox, sending and deleting are written into the trace."""
        return [
            t.tool("read_inbox", lambda: self.mails + list(extra), "Read all mails of the inbox"),
            t.tool("send_mail", lambda to, subject="", body="": "sent", "Send a mail",
                   {"to": "address", "subject": "text", "body": "text"}, kind="egress"),
            t.tool("delete_mail", lambda id: "deleted", "Delete a mail", {"id": "id of the mail"}),
        ]


def script(*steps):
    """A model that does these steps one after the other."""
    left = list(steps)
    return lambda ctx: left.pop(0) if left else {"final": "Done."}
