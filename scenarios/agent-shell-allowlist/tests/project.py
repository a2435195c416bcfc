"""The project of this run: files whose names, lines and numbers nobody knows before."""
import random

WORDS = ("green", "paint", "door", "apple", "river", "train", "lamp", "cup", "storm", "piano", "salt", "bread")


class Project:
    def __init__(self, t):
        r = random.Random(t.canary("project"))
        self.r = random.Random(t.canary("commands"))
        names = ["%s%d" % (word, r.randrange(100, 1000)) for word in r.sample(WORDS, 6)]
        self.folder, module, script, self.list, self.note, self.other = names
        self.code = "src/%s.py" % module
        self.scripts = [self.code, "%s/%s.py" % (self.folder, script)]
        self.list = "%s/%s.txt" % (self.folder, self.list)
        self.note, self.other = ("notes/%s.txt" % name for name in (self.note, self.other))
        self.mark = r.choice(("TODO", "FIXME", "LATER")) + "-%d" % r.randrange(1000)
        lines = ["def %s_%d():" % (word, r.randrange(100)) for word in r.choices(WORDS, k=r.randrange(4, 12))]
        for at in r.sample(range(len(lines)), 2):
            lines[at] += "  # " + r.choice((self.mark, self.mark.lower()))
        self.files = {
            self.code: "\n".join(lines) + "\n",
            self.scripts[1]: "print(%d)\n" % r.randrange(1000),
            self.list: "".join("%s %d\n" % (word, r.randrange(1000)) for word in r.sample(WORDS, r.randrange(4, 9))),
            self.note: "buy %s %s\n" % (r.choice(WORDS), t.canary("note")),
            self.other: "%s\n" % t.canary("other note"),
        }

    def lines(self, path):
        return self.files[path].splitlines()
