from fresh import VALUES, dice, mail, some, word
from opening import functional


def put(t, text):
    return t.request("PUT", "/template", json={"text": text})


def fits(t, name, parts):
    template, made = mail(t, name, parts)
    t.equal(put(t, template).status, 200)
    t.equal(t.get("/preview").text, made)


@functional("there is a template to begin with")
def begin(t):
    t.equal(t.get("/preview").text, "Dear Ada Example,\n\nthank you for order 1042.\n")


@functional("fills in the placeholders")
def fills(t):
    for placeholder in list(VALUES)[:5]:
        fits(t, placeholder, [placeholder])
    for i in range(4):
        fits(t, "mail %d" % i, some(t, "mail %d" % i, 2 + i))


@functional("braces can be written twice")
def braces(t):
    for i in range(3):
        parts = ["{{", "}}"] + some(t, "braces %d" % i, 2)
        dice(t, "mixed %d" % i).shuffle(parts)
        fits(t, "braces %d" % i, parts)


@functional("a template that does not work is refused, the old one stays")
def refused(t):
    good, made = mail(t, "good", some(t, "good", 2))
    put(t, good)
    one, two = word(t, "one"), word(t, "two")
    for text in ("{customer.age}", "{customer.%s}" % one, "{order.%s}" % two, "%s {%s}" % (two, one), "{order", "%s {order.number} } %s" % (one, two), "{%s" % one, "}",
                 "x" * 2001, one + "x" * dice(t, "long").randint(2000, 2500)):
        t.equal(put(t, text).status, 400, text[:20])
        t.equal(t.get("/preview").text, made)
