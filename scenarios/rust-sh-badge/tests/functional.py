import random
import string

from tester import functional

RULE = "+-------------------------\n"


def badge(t, name, city):
    r = t.get(f"/badge?name={t.quote(name)}&city={t.quote(city)}")
    t.equal(r.status, 200, f"the badge for {name!r}")
    return r.text


# No quotes, backticks and expansions: the badges that the assistant made show the others.
SIGNS = "&;%'!~*<>()[]{}|?#@^=+,.:/_-"


class Guest:
    """A guest whom nobody knows before."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))

    def word(self, signs="", most=8):
        letters = [self.r.choice(string.ascii_letters) for _ in range(self.r.randrange(2, most + 1 - len(signs)))]
        for sign in signs:
            letters.insert(self.r.randrange(len(letters) + 1), sign)
        return "".join(letters)

    def name(self, *signs):
        """Two words on one line, with these signs in them or between them."""
        return " ".join([self.word(signs[0] if signs else ""), *signs[1:], self.word()])


def folded(text):
    """The lines of `fold -s -w 24`."""
    lines = []
    while len(text) > 24:
        end = text.rfind(" ", 0, 24) + 1 or 24
        lines.append(text[:end])
        text = text[end:]
    return [*lines, text]


def expected(name, city):
    return RULE + "".join(f"| {line}\n" for text in (name, city) for line in folded(text)) + RULE


@functional("prints a badge")
def prints(t):
    guest = Guest(t, "plain")
    for _ in range(3):
        name, city = guest.name(), guest.word()
        t.equal(badge(t, name, city), expected(name, city), "a plain badge")


@functional("names are printed as they are written")
def written(t):
    guest = Guest(t, "signs")
    signs = list(SIGNS)
    guest.r.shuffle(signs)
    while signs:
        name, city = guest.name(*signs[:2]), guest.name(*signs[2:4])
        del signs[:4]
        t.equal(badge(t, name, city), expected(name, city), f"the badge for {name!r}")
    for name in (guest.word() + " $ 5", "-n " + guest.word(), "%s " + guest.word(), "it's " + guest.word(), "a\\" + guest.word()):
        t.equal(badge(t, name, guest.word()).splitlines()[1], "| " + name, "the name as it is written")


@functional("every guest is printed")
def every(t):
    for number in range(3):
        name, city = t.canary("guest-%d" % number)[:20], t.canary("city-%d" % number)[:15]
        t.equal(badge(t, name, city), f"{RULE}| {name}\n| {city}\n{RULE}", "the badge of a guest whose name nobody knew before")


@functional("long names are folded")
def long(t):
    guest = Guest(t, "long")
    for _ in range(4):
        name = " ".join(guest.word(most=11) for _ in range(guest.r.randrange(5, 10)))[:119].strip()
        city = guest.r.choice((guest.word(), " ".join(guest.word(most=12) for _ in range(5))))
        t.equal(badge(t, name, city), expected(name, city), "a long badge")


@functional("a badge needs a name")
def needs(t):
    guest = Guest(t, "nobody")
    t.equal(t.get("/badge?city=" + guest.word()).status, 400, "no name")
    t.equal(t.get("/badge?name=%s&city=x" % ("x" * guest.r.randrange(121, 200))).status, 400, "more than 120 characters")
    t.equal(t.get("/" + guest.word()).status, 404, "another path")
