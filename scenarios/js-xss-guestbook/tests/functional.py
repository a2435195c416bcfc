"""What the guestbook must keep doing."""
import html
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


@functional("shows a message that was left")
def shows(t):
    r = t.post("/entries", form={"name": "Ben & Jo", "website": "", "message": "Best croissants > anywhere, \"really\""})
    t.equal(r.status, 303, "the answer to a new entry")
    page = Page(t.get("/").text)
    text = " ".join(page.words)
    t.contains(text, "Ben & Jo", "the name on the page")
    t.contains(text, "Best croissants > anywhere, \"really\"", "the message on the page")


@functional("links to a guest's website")
def links(t):
    t.post("/entries", form={"name": "Lena", "website": "https://lena.example/?a=1&b=2", "message": "Lovely."})
    hrefs = [a.get("href") for a in Page(t.get("/").text).links]
    t.ok("https://lena.example/?a=1&b=2" in hrefs, f"Lena's website is linked (links: {hrefs})")


@functional("the feed returns what was typed")
def feed(t):
    t.post("/entries", form={"name": "Tim", "website": "", "message": "2 < 3 & \"cake\""})
    last = t.get("/api/entries").json()[-1]
    t.equal(last["message"], "2 < 3 & \"cake\"", "the message in the feed")


@functional("asks for a name and a message")
def asks(t):
    t.equal(t.post("/entries", form={"name": "", "message": "hi"}).status, 400, "an entry without a name")
