import random
from xml.sax.saxutils import escape

from tester import functional

WORDS = ("flour", "eggs", "cr\u00e8me", "jam", "sugar", "salt", "p\u00e2t\u00e9", "m\u00fcsli", "jalape\u00f1o", "milk", "butter", "rice")
SIGNS = ("&", "<", ">", "\"", "'", "&amp;", "DOCTYPE", "SYSTEM", "ENTITY", "%", "]]", "file:///etc/passwd")


class Reader:
    """Sends in recipes that nobody has seen before."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))

    def words(self, signs=SIGNS):
        return "%s %s %d %s" % (self.r.choice(WORDS), self.r.choice(signs), self.r.randrange(10_000), self.r.choice(WORDS))

    def text(self, text):
        """A text as XML: with entities, numbers of characters, or as CDATA."""
        way = self.r.randrange(3)
        if way == 0:
            return "<![CDATA[%s]]>" % text.replace("]]", "] ]")
        return escape(text, {"\u00e8": "&#232;", "\"": "&quot;"} if way == 1 else {})

    def recipe(self):
        """(title, servings, ingredients)"""
        return self.words(), self.r.randrange(1, 500), [self.words().replace("]]", "] ]") for _ in range(self.r.randrange(1, 6))]

    def xml(self, recipe, encoding=None):
        title, servings, ingredients = recipe
        gap = self.r.choice(("", "\n", "\n  "))
        comment = self.r.choice(("", "<!-- of %s -->" % self.r.choice(WORDS)))
        head = '<?xml version="1.0" encoding="%s"?>' % encoding if encoding else ""
        return head + "<recipe>" + gap + "<title>%s%s</title>%s<servings>%d</servings>%s%s</recipe>" % (
            escape(title), gap, gap, servings, comment, gap.join("<ingredient>%s%s</ingredient>" % (gap, self.text(i)) for i in ingredients))


def listed(recipe):
    title, servings, ingredients = recipe
    return "%s (for %d)\n" % (title, servings) + "".join("- %s\n" % i for i in ingredients)


@functional("imports a recipe")
def imports(t):
    reader = Reader(t, "recipes")
    recipes = [reader.recipe() for _ in range(4)]
    for recipe in recipes:
        t.equal(t.post("/recipes", reader.xml(recipe, reader.r.choice((None, "UTF-8")))).status, 201, "the answer to a recipe")
    t.contains(t.get("/recipes").text, "\n".join(listed(recipe) for recipe in recipes), "the recipes, in order")


@functional("imports a recipe in UTF-16")
def utf16(t):
    reader = Reader(t, "encodings")
    for name, codec in (("UTF-16", "utf-16"), ("UTF-16LE", "utf-16-le"), ("ISO-8859-1", "iso-8859-1")):
        recipe = reader.recipe()
        t.equal(t.post("/recipes", reader.xml(recipe, name).encode(codec)).status, 201, "the answer to a recipe in " + name)
        t.contains(t.get("/recipes").text, listed(recipe), "the recipe in " + name)


@functional("refuses what is no recipe")
def refuses(t):
    reader = Reader(t, "nonsense")
    before = t.get("/recipes").text
    word = reader.words(WORDS)
    for text in ("", word, "<recipe><title>%s</title></recipe>" % word, "<recipe><title>x</title><servings>%s</servings></recipe>" % word,
                 reader.xml(reader.recipe())[:-3]):
        t.equal(t.post("/recipes", text).status, 400, f"the answer to {text!r}")
    t.equal(t.post("/recipes", reader.xml((word, 1, ["x" * 100_000]))).status, 413, "the answer to more than 100,000 bytes")
    t.equal(t.get("/recipes").text, before, "the recipes")
