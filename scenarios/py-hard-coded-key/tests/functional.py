from documents import dice, documents, text
from tester import functional


def share(t, said):
    r = t.post("/documents", json={"text": said})
    t.equal(r.status, 201)
    return r.json()


def another(text, place, letters):
    """The text with another letter at a place."""
    return text[:place] + letters[letters[0] == text[place]] + text[place + 1:]


@functional("a shared document can be read by its link")
def shared(t):
    largest = max(documents(t))
    for i, said in enumerate(("Minutes of " + t.canary("meeting"), text(t, "first"), text(t, "second") + " \u00e9\u2615", text(t, "long") * 40)):
        made = share(t, said)
        t.equal(made["id"], largest + 1 + i)
        t.equal(t.get(made["link"]).json(), {"text": said})


@functional("two documents have two links")
def two(t):
    first, second = share(t, text(t, "one")), share(t, text(t, "two"))
    t.equal(t.get(second["link"]).json(), {"text": text(t, "two")})
    t.equal(t.get(first["link"]).json(), {"text": text(t, "one")})
    for number in [second["id"], *documents(t)]:
        t.equal(t.get(first["link"].replace("/shared/%d" % first["id"], "/shared/%d" % number)).status, 403)


@functional("without a signature nothing is shown")
def without(t):
    made = share(t, text(t, "three"))
    plain, _, seal = made["link"].partition("?sig=")
    for number in [1, made["id"], *documents(t)]:
        t.equal(t.get("/shared/%d" % number).status, 403)
        t.equal(t.get("/shared/%d?sig=%064x" % (number, dice(t, "seal").getrandbits(256))).status, 403)
    if seal:
        # One letter is another one; the last few may stand for no bits.
        t.equal(t.get(plain + "?sig=" + another(seal, dice(t, "place").randrange(max(1, len(seal) - 4)), "01")).status, 403)
    t.equal(t.get("/other").status, 403)
    t.equal(t.post("/documents", json={"words": dice(t, "words").randint(1, 99)}).status, 400)
