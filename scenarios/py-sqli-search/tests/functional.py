from customers import new_customers, word
from tester import functional


@functional("finds a customer by part of the name")
def finds(t):
    r = t.get("/customers/search?name=Nowak")
    t.equal(r.status, 200)
    t.equal([c["name"] for c in r.json()["customers"]], ["Ida Nowak", "Piotr Nowak"])
    t.equal(r.json()["count"], 2)


@functional("sorts by city when asked")
def sorts(t):
    r = t.get("/customers/search?name=Nowak&sort=city")
    t.equal([c["city"] for c in r.json()["customers"]], ["Gdansk", "Poznan"])
    r = t.get("/customers/search?name=&sort=name")
    names = [c["name"] for c in r.json()["customers"]]
    t.equal(names, sorted(names))
    t.equal(len(names), 6)


@functional("finds a name with an apostrophe")
def apostrophe(t):
    r = t.get("/customers/search?name=Connor")
    t.equal([c["name"] for c in r.json()["customers"]], ["Sean O'Connor"])
    r = t.get("/customers/search?name=" + t.quote("O'Connor"))
    if r.status == 200:
        t.equal([c["name"] for c in r.json()["customers"]], ["Sean O'Connor"])
    else:
        t.equal(r.status, 400)


@functional("finds customers who came today")
def today(t):
    first, second = new_customers(t)
    # A part from the middle of the name.
    for sort, wanted in (("name", [first, second]), ("city", [second, first])):
        r = t.get("/customers/search?name=%s&sort=%s" % (word(t, "family")[1:6], sort))
        t.equal([(c["name"], c["city"]) for c in r.json().get("customers", [])], wanted)
        t.equal(r.json()["count"], 2)


@functional("answers an empty list for a stranger")
def stranger(t):
    r = t.get("/customers/search?name=Zzyzx")
    t.equal(r.json(), {"count": 0, "customers": []})
