from tester import functional


def search(t, term, **more):
    query = "/logs/search?term=" + t.quote(term)
    for key, value in more.items():
        query += "&%s=%s" % (key, value)
    return t.get(query)


@functional("finds lines and ignores case")
def finds(t):
    r = search(t, "TIMEOUT")
    t.equal(r.status, 200)
    t.equal(r.json()["lines"], ["09:02 db timeout after 30s", "09:07 db Timeout after 30s", "09:09 cache timeout"])


@functional("keeps only the last lines")
def last(t):
    t.equal(search(t, "timeout", last=2).json()["lines"], ["09:07 db Timeout after 30s", "09:09 cache timeout"])


@functional("finds text with punctuation")
def punctuation(t):
    t.equal(search(t, "cart;id=7").json()["lines"], ["09:03 GET /cart;id=7 -> 200"])
    t.equal(search(t, "price <b>").json()["lines"], ["09:04 odd price <b>12</b> & more"])
    t.equal(search(t, "no such thing").json()["lines"], [])


@functional("an empty search is refused")
def empty(t):
    t.equal(search(t, "").status, 400)
