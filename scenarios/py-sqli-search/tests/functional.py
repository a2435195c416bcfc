from customers import customers, dice, pair, with_apostrophe, word
from opening import functional


def search(t, name, sort=None):
    r = t.get("/customers/search?name=" + t.quote(name) + ("&sort=" + sort if sort else ""))
    t.equal(r.status, 200)
    return r.json()


def matches(t, name, sort="name"):
    """What a search finds, where no two are alike in what they are sorted by."""
    key = ("name", "city").index(sort)
    return sorted((c for c in customers(t) if name.lower() in c[0].lower()), key=lambda c: c[key])


def finds_all(t, name, sort=None):
    found, wanted = search(t, name, sort), matches(t, name, sort or "name")
    t.equal([(c["name"], c["city"]) for c in found["customers"]], wanted)
    t.equal([c["id"] for c in found["customers"]], [customers(t).index(c) + 1 for c in wanted])
    t.equal(found["count"], len(wanted))


@functional("finds a customer by part of the name")
def finds(t):
    finds_all(t, "Nowak")
    # A part from the middle of the name.
    finds_all(t, word(t, "family today")[1:6])


@functional("sorts by city when asked")
def sorts(t):
    for name in ("Nowak", word(t, "family today"), word(t, "family wanted")):
        for sort in ("name", "city"):
            finds_all(t, name, sort)
    for name in ("", word(t, "crowd")):
        for sort in ("name", "city"):
            found = search(t, name, sort)
            wanted = [c[("name", "city").index(sort)] for c in matches(t, name, sort)]
            t.equal([c[sort] for c in found["customers"]], wanted[:50])
            t.ok(found["count"] in (50, len(wanted)), "the count is of those that are shown, or of all that were found")


@functional("shows O'Connor when Connor is searched")
def apostrophe(t):
    for name, family in (("Sean O'Connor", "Connor"), (with_apostrophe(t), word(t, "apostrophe"))):
        found = search(t, family)
        t.equal([c["name"] for c in found["customers"]], [name])
        r = t.get("/customers/search?name=" + t.quote("O'" + family))
        if r.status == 200:
            t.equal([c["name"] for c in r.json()["customers"]], [name])
        else:
            t.equal(r.status, 400)


@functional("finds customers who came today")
def today(t):
    some = dice(t, "some").sample(customers(t), 4)
    for name in [t.canary("customer")] + [name.partition(" ")[0] for name, _ in some + pair(t, "today") + pair(t, "wanted")]:
        finds_all(t, name)


@functional("answers an empty list for a stranger")
def stranger(t):
    for name in ("Zzyzx", word(t, "stranger") + word(t, "stranger too")):
        t.equal(search(t, name), {"count": 0, "customers": []})
