from log import dice, found, odd, word
from opening import functional


def search(t, term, **more):
    query = "/logs/search?term=" + t.quote(term)
    for key, value in more.items():
        query += "&%s=%s" % (key, value)
    return t.get(query)


def finds_all(t, term, **more):
    r = search(t, term, **more)
    t.equal((r.status, r.json()["lines"]), (200, found(t, term, **more)), term)


@functional("finds lines and ignores case")
def finds(t):
    for term in ("TIMEOUT", word(t, "seldom"), word(t, "seldom").upper(), word(t, "seldom")[1:5], word(t, "often").capitalize(), "service st"):
        finds_all(t, term)


@functional("keeps only the last lines")
def last(t):
    for term in ("timeout", word(t, "often")):
        for number in (1, 2, dice(t, "number " + term).randint(3, 15)):
            finds_all(t, term, last=number)


@functional("finds text with punctuation")
def punctuation(t):
    for term in odd(t):
        finds_all(t, term)
    for term in ("no such thing", word(t, "nowhere"), word(t, "seldom")[:3] + "." + word(t, "seldom")[4:]):
        t.equal(search(t, term).json()["lines"], [])


@functional("an empty search is refused")
def empty(t):
    t.equal(search(t, "").status, 400)
