"""What the guestbook must keep doing."""
import random
from html.parser import HTMLParser

from tester import functional


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.words, self.links = [], []
        self.feed(text)

    def handle_data(self, data):
        self.words.append(data)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.links.append(dict(attrs))


WORDS = ("rye", "bread", "croissant", "Lovely", "best", "cake", "queue", "Saturday", "childhood", "caf\u00e9", "Gr\u00fc\u00dfe", "script")
# In a name no quotes: the guestbook that the assistant made shows the others.
SIGNS = ("&", "<", ">", "'", "< 3", "a > b", "it's", "R & B", "50%", "#1", "on = off", "javascript: no", "(x)", "${x}", ";")


class Guest:
    """Signs with words that nobody has typed before."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))

    def words(self, *signs):
        words = [self.r.choice(WORDS) for _ in range(2)] + ["%d" % self.r.randrange(100_000), *signs]
        self.r.shuffle(words)
        return " ".join(words)

    def website(self):
        host, a, b = "%s%d.example" % (self.r.choice(("lena", "shop", "bread")), self.r.randrange(1000)), self.r.randrange(100), self.r.randrange(100)
        return self.r.choice((f"https://{host}/?a={a}&b={b}", f"http://{host}/{a}/{b}.html", f"https://{host}/~{a}#x{b}"))

    def entries(self):
        signs = list(SIGNS)
        self.r.shuffle(signs)
        while signs:
            name, message = self.words(signs.pop()), self.words('"%s"' % self.r.choice(WORDS), *signs[:2])
            del signs[:2]
            yield {"name": name, "website": self.r.choice(("", self.website())), "message": message}


@functional("shows a message that was left")
def shows(t):
    entries = list(Guest(t, "messages").entries())
    for entry in entries:
        t.equal(t.post("/entries", form=entry).status, 303, "the answer to a new entry")
    text = "".join(Page(t.get("/").text).words)
    places = []
    for entry in entries:
        t.contains(text, entry["name"], "the name on the page")
        t.contains(text, entry["message"], "the message on the page")
        places.append(text.index(entry["message"]))
    t.equal(places, sorted(places, reverse=True), "the newest entries come first: their places")


@functional("links to a guest's website")
def links(t):
    guest = Guest(t, "links")
    for _ in range(3):
        name, website = guest.words(guest.r.choice(SIGNS)), guest.website()
        t.post("/entries", form={"name": name, "website": website, "message": guest.words()})
        found = [a for a in Page(t.get("/").text).links if a.get("href") == website]
        t.ok(found, f"the website {website} is linked")
        t.equal(found[0].get("title"), name, "the title of the link")


@functional("the feed returns what was typed")
def feed(t):
    entries = [*Guest(t, "feed").entries(), {"name": '"A" <b>', "website": "", "message": "<i>2</i> &amp; " + t.canary("feed")}]
    for entry in entries:
        t.post("/entries", form=entry)
    last = t.get("/api/entries").json()[-len(entries):]
    t.equal([{key: value for key, value in entry.items() if key != "at"} for entry in last], entries, "the entries in the feed")
    t.ok(all(entry.get("at") for entry in last), "each entry has its day")


@functional("asks for a name and a message")
def asks(t):
    guest = Guest(t, "asks")
    before = t.get("/api/entries").json()
    for entry in ({"name": "", "message": guest.words()}, {"name": guest.words(), "message": ""}, {"name": guest.words(), "message": "x" * guest.r.randrange(501, 900)}):
        t.equal(t.post("/entries", form=entry).status, 400, "an entry without a name or a message, or too long")
    t.equal(t.get("/api/entries").json(), before, "the feed")
