import random

from tester import functional

LETTERS = ("abcdefghijklmnopqrstuvwxyz", "\u00e0\u00e9\u00ee\u00f1\u00f6\u00fc\u0159\u0142", "\u03b1\u03b2\u03b3\u03b4\u03b5\u03bb\u03c9", "\u0430\u0431\u0432\u0433\u0434\u0435\u0436", "\u674e\u5c0f\u9f99\u738b\u82b3", "\u05d0\u05d1\u05d2\u05d3", "\u3042\u3044\u3046\u30ab")


class Runners:
    """Names that nobody has signed up with before."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))

    def word(self, least=1, most=9):
        letters = self.r.choice(LETTERS)
        word = "".join(self.r.choice(letters) for _ in range(self.r.randrange(least, most + 1)))
        return word.capitalize() if self.r.random() < 0.7 else word

    def name(self):
        text = self.word()
        for _ in range(self.r.randrange(0, 5)):
            text += self.r.choice((" ", " ", "-", "'", "\u2019", "' ", "- ")) + self.word()
        return text + self.r.choice(("", "", "", "'", "-"))

    def nonsense(self):
        """Short texts that are no names."""
        a, b = self.word(1, 5), self.word(1, 5)
        return self.r.choice((a + "  " + b, " " + a, a + "--" + b, "'" + a, "-" + a, a + "''" + b, a + "'-" + b, a + " -" + b, a + "%d" % self.r.randrange(100), "%d " % self.r.randrange(100) + a,
                              a + self.r.choice("!<>&;,.?_/+@#") + b, "<b>" + a, a + self.r.choice("!.;)"), self.r.choice("-' !")))


def register(t, name):
    return t.post("/runners", json={"name": name})


@functional("names of people are accepted")
def accepted(t):
    runners = Runners(t, "names")
    names = ["Ada", "Anne-Marie O'Neill", "Jos\u00e9", "\u674e \u5c0f\u9f99", "Maximilian von und zu Hohenfels", "D\u2019Arcy", "Ng\u00f4 \u0110\u00ecnh"]
    for name in names + [runners.name() for _ in range(20)]:
        r = register(t, name)
        t.equal(r.status, 201, f"the answer to {name}")
        t.equal(r.json()["name"], name, "the name")


@functional("what is no name is refused")
def refused(t):
    runners = Runners(t, "nonsense")
    for name in ["", "R2-D2", "<b>Ada</b>", "Ada  Lovelace", " Ada", "Ada--Marie", "'Ada", "Ada; drop"] + [runners.nonsense() for _ in range(25)]:
        t.equal(register(t, name).status, 422, f"the answer to {name!r}")
    for value in (runners.r.randrange(1000), None, [runners.word()], {"first": runners.word()}):
        t.equal(t.post("/runners", json={"name": value}).status, 400, "what is not a text")
    t.equal(t.post("/runners", '{"name": "').status, 400, "half a document")


@functional("start numbers count up")
def numbers(t):
    runners = Runners(t, "numbers")
    before = t.get("/runners").json()["runners"]
    for number in range(1, runners.r.randrange(3, 7)):
        name = runners.word()
        t.equal(register(t, name).json(), {"number": before + number, "name": name}, "the next number")
        t.equal(register(t, name + "!").status, 422, "what is no name gets no number")
        t.equal(t.get("/runners").json(), {"runners": before + number}, "the runners")
