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
            self.links.append(dict(attrs).get("href"))


@functional("notices are shown as typed")
def shown(t):
    r = t.post("/notices", form={"title": "Tom & Jerry", "text": "Cat < 3 years, \"very\" shy", "contact": "https://cats.example/?a=1&b=2"})
    t.equal(r.status, 303, "the answer to a notice")
    page = Page(t.get("/").text)
    text = "".join(page.words)
    t.contains(text, "Tom & Jerry", "the title")
    t.contains(text, "Cat < 3 years, \"very\" shy", "the text")
    t.ok("https://cats.example/?a=1&b=2" in page.links, f"the contact is linked (links: {page.links})")


@functional("a mail address can be a contact")
def mail(t):
    t.ok("mailto:kemal@house.example" in Page(t.get("/").text).links, "Kemal's address is linked")


@functional("the search finds and shows what was looked for")
def search(t):
    t.post("/notices", form={"title": "Bike", "text": "Blue", "contact": ""})
    text = "".join(Page(t.get("/?q=sofa").text).words)
    t.contains(text, "sofa", "the word that was looked for")
    t.contains(text, "Green, comfortable", "the notice")
    t.absent(text, "Blue", "the other notice")


@functional("a notice needs a title and a text")
def needs(t):
    t.equal(t.post("/notices", form={"title": "", "text": "x"}).status, 400, "no title")
