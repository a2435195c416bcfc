from tester import functional


def valid(t, name):
    return t.get("/check?name=" + t.quote(name)).json()["valid"]


@functional("good names are valid")
def good(t):
    for name in ("a", "7", "summer-sale-2026", "x-y-z", "a" * 200, "-".join(["ab"] * 60)):
        t.equal(valid(t, name), True, name[:30])


@functional("single dashes only")
def dashes(t):
    for name in ("", "-", "summer--sale", "-sale", "sale-", "Summer", "a b", "a_b", "caf\u00e9", "a" * 201, "a\n"):
        t.equal(valid(t, name), False, name[:30])


@functional("pages are made only with good names")
def pages(t):
    t.equal(t.post("/pages", json={"name": "summer-sale"}).status, 201)
    t.equal(t.post("/pages", json={"name": "Summer Sale"}).status, 400)
    t.equal(t.get("/pages").json(), {"pages": ["summer-sale"]})
