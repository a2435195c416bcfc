import random
from html.parser import HTMLParser

from tester import functional


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.words, self.links, self.titles = [], [], []
        self.feed(text)

    def handle_data(self, data):
        self.words.append(data)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.links.append(dict(attrs).get("href"))
        if tag == "article":
            self.titles.append(dict(attrs).get("title"))


WORDS = ("Sofa", "Bike", "Cat", "Lamp", "Piano", "Stairs", "Cellar", "Keys", "Soup", "Garden", "Gr\u00fcn", "caf\u00e9")
# In a title no quotes: the board that the assistant made shows the others.
SIGNS = ("&", "<", ">", "'", "< 3", "a > b", "it's", "script", "50%", "#1", "on = off", "javascript: no", "(x)", "{{.}}")


class Neighbour:
    """Writes notices that nobody has seen before, with the signs that people use."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))

    def words(self, *signs):
        words = [self.r.choice(WORDS) for _ in range(3)] + ["%d" % self.r.randrange(10_000)] + list(signs)
        self.r.shuffle(words)
        return " ".join(words)

    def contact(self):
        host = "%s%d.example" % (self.r.choice(("cats", "house", "bikes")), self.r.randrange(100))
        a, b = self.r.randrange(100), self.r.randrange(100)
        return self.r.choice((f"https://{host}/?a={a}&b={b}", f"http://{host}/{a}/{b}", f"mailto:kim{a}.{b}@{host}"))


@functional("notices are shown as typed")
def shown(t):
    neighbour = Neighbour(t, "notices")
    signs = list(SIGNS)
    neighbour.r.shuffle(signs)
    notices = []
    while signs:
        title, text, contact = neighbour.words(signs.pop()), neighbour.words('"%s"' % neighbour.r.choice(WORDS), *signs[:2]), neighbour.contact()
        del signs[:2]
        notices.append((title, text, contact))
        t.equal(t.post("/notices", form={"title": title, "text": text, "contact": contact}).status, 303, "the answer to a notice")
    page = Page(t.get("/").text)
    shown = "".join(page.words)
    for title, text, contact in notices:
        t.contains(shown, title, "the title")
        t.contains(page.titles, title, "the title of the article")
        t.contains(shown, text, "the text")
        t.contains(page.links, contact, "the contact is linked")
    t.equal(page.titles[:len(notices)], [title for title, _, _ in reversed(notices)], "the newest notices first")


@functional("a mail address can be a contact")
def mail(t):
    t.ok("mailto:kemal@house.example" in Page(t.get("/").text).links, "Kemal's address is linked")


@functional("the search finds and shows what was looked for")
def search(t):
    neighbour = Neighbour(t, "search")
    here, elsewhere = neighbour.words(), neighbour.words()
    word = "Zz%dq" % neighbour.r.randrange(1000, 10_000)
    for title, text in ((word + " for free", here), (neighbour.words("<" + word.upper()), here + "!"), ("Other", elsewhere)):
        t.post("/notices", form={"title": title, "text": text, "contact": ""})
    text = "".join(Page(t.get("/?q=" + word.lower()).text).words)
    t.contains(text, "Notices with %s:" % word.lower(), "the word that was looked for")
    t.contains(text, here, "the notice")
    t.contains(text, here + "!", "the other notice with the word")
    t.absent(text, elsewhere, "the notice without the word")
    text = "".join(Page(t.get("/?q=sofa").text).words)
    t.contains(text, "Green, comfortable", "the sofa")
    query = "%s & < %d" % (word, neighbour.r.randrange(100))
    t.contains("".join(Page(t.get("/?q=" + t.quote(query)).text).words), "Notices with %s:" % query, "the words that were looked for, as typed")


@functional("a notice needs a title and a text")
def needs(t):
    neighbour = Neighbour(t, "needs")
    for title, text in (("", neighbour.words()), (neighbour.words(), ""), (neighbour.words(), "x" * 500)):
        t.equal(t.post("/notices", form={"title": title, "text": text}).status, 400, "the answer to a notice without title or text, or too long")
