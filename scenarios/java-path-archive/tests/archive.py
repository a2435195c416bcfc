"""The archive of this run: years, names and texts that nobody knows before."""
import random


class Archive:
    def __init__(self, t):
        self.r = random.Random(t.canary("archive"))
        self.years = ["%d" % year for year in self.r.sample([y for y in range(1650, 2000) if y != 1911], 4)]
        self.scans = {"1911/baptisms.txt": "12 March 1911, Anna, daughter of the miller\n"}
        kinds = ("baptisms", "weddings", "burials", "letters", "accounts", "minutes")
        # The last year has nothing.
        for year in self.years[:-1]:
            for kind in self.r.sample(kinds, self.r.randrange(2, 5)):
                name = "%s/%s%s.txt" % (year, kind, self.r.choice(("", "-%d" % self.r.randrange(100))))
                self.scans[name] = "%d May %s, M\u00fcller. See also ..%d\n%s\n" % (self.r.randrange(1, 32), year, self.r.randrange(1650, 2000), t.canary("scan " + name))
