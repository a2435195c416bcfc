from names import bad_sign, dice, word, words
from opening import functional


def valid(t, name):
    return t.get("/check?name=" + t.quote(name)).json()["valid"]


@functional("good names are valid")
def good(t):
    long = word(t, "long", 200, 200)
    for name in ["a", "7", "summer-sale-2026", "x-y-z", long, "-".join(["ab"] * 60), word(t, "one"), long[:90] + "-" + long[91:]] + [words(t, "good", n) for n in (2, 3, 5, 12)]:
        t.equal(valid(t, name), True, name[:30])


@functional("single dashes only")
def dashes(t):
    for name in ("", "-", "summer--sale", "-sale", "sale-", "Summer", "a b", "a_b", "caf\u00e9", "a" * 201, "a\n"):
        t.equal(valid(t, name), False, name[:30])
    # A good name with one mistake. They are short: how long the answer takes is another question.
    for i in range(4):
        name = words(t, "bad %d" % i, 3, 3)
        place = dice(t, "place %d" % i).randint(0, len(name))
        sign, dash = bad_sign(t, str(i)), name.index("-")
        for wrong in (name[:place] + sign + name[place:], name[:dash] + "-" + name[dash:], "-" + name, name + "-", name + sign):
            t.equal(valid(t, wrong), False, wrong[:30])
    t.equal(valid(t, word(t, "too long", 201, 230)), False)


@functional("pages are made only with good names")
def pages(t):
    made = ["summer-sale"] + [words(t, "page %d" % i, 1 + i, 2) for i in range(4)]
    for name in made:
        r = t.post("/pages", json={"name": name})
        t.equal((r.status, r.json()), (201, {"page": name}))
        for wrong in (name + bad_sign(t, name), name + "-", word(t, "before " + name, 1, 3) + "--" + name):
            t.equal(t.post("/pages", json={"name": wrong}).status, 400)
    t.equal(t.get("/pages").json(), {"pages": sorted(set(made))})
