"""The visitors of this run: names and companies that nobody knows before."""
import random

SYLLABLES = ("ka", "lo", "mi", "ru", "se", "ta", "vo", "ne", "ba", "di")
# Signs that names and companies have.
SIGNS = "&.,()'*+-/:!?#@=[]{}<>|~^%_"


class Log:
    def __init__(self, t):
        self.r = random.Random(t.canary("visitors"))
        self.lines = []
        signs = list(SIGNS)
        self.r.shuffle(signs)
        while signs:
            # A name with one or two signs, and a word that only this visitor has.
            name = " ".join([self.word(), *signs[:2], self.word() + signs[0], self.word()])
            self.lines.append((self.time(), name, "%s %s%s" % (self.word(), signs[-1], self.word())))
            del signs[:2]
        self.guests = ["guest %s" % t.canary("guest-%d" % number) for number in range(3)]
        self.lines += [(self.time(), guest, "A company") for guest in self.guests]
        # A family, in all cases, and companies whose names begin with dashes.
        self.family = self.word()
        for name in (self.family.lower(), self.family.upper(), self.family.title()):
            self.lines.append((self.time(), "%s %s" % (self.word().title(), name), self.r.choice(("", "-", "--")) + self.word()))
        self.dashes = "--%s" % self.word()
        self.lines.append((self.time(), self.word(), self.dashes + " Studio"))
        self.r.shuffle(self.lines)

    def word(self):
        return "".join(self.r.choice(SYLLABLES) for _ in range(4)) + str(self.r.randrange(100, 1000))

    def time(self):
        return "%02d:%02d" % (self.r.randrange(6, 22), self.r.randrange(60))

    def found(self, term):
        """The lines that hold a term, whatever the case."""
        return [dict(zip(("time", "name", "company"), line)) for line in self.lines if term.lower() in ";".join(line).lower()]
