from fresh import dice, word
from opening import functional

ARTICLES = ("cup", "plate", "teapot")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789 %-_.\"'\u00c9\u00df\u0416\u2615\U0001f375"


def cookie(r):
    return {"Cookie": "basket=" + r.cookies["basket"]}


def code(t, name, length):
    chance = dice(t, name)
    return "T" + "".join(chance.choice(LETTERS) for _ in range(length - 2)) + "\u00e9"


@functional("the basket remembers articles")
def remembers(t):
    t.equal(t.get("/basket").json(), {"items": {}, "voucher": None})
    chance = dice(t, "items")
    for _ in range(3):
        items, headers = {}, {}
        for _ in range(4):
            article, count = chance.choice(ARTICLES), chance.randint(2, 99)
            r = t.post("/basket/items", json={"article": article, "count": count}, headers=headers)
            items[article] = count
            t.equal((r.status, r.json()), (200, {"items": items, "voucher": None}))
            headers = cookie(r)
            t.equal(t.get("/basket", headers=headers).json(), {"items": items, "voucher": None})
    # One is meant where no number is given.
    article = chance.choice(ARTICLES)
    r = t.post("/basket/items", json={"article": article}, headers=headers)
    t.equal(t.get("/basket", headers=cookie(r)).json(), {"items": {**items, article: 1}, "voucher": None})


@functional("the basket remembers a voucher, also in other alphabets")
def voucher(t):
    chance = dice(t, "vouchers")
    for name, length in (("short", 8), ("as long as can be", 20), ("too long", 27)):
        text, article, count = code(t, name, length), chance.choice(ARTICLES), chance.randint(1, 99)
        r = t.post("/basket/items", json={"article": article, "count": count})
        r = t.post("/basket/voucher", json={"code": text}, headers=cookie(r))
        t.equal(t.get("/basket", headers=cookie(r)).json(), {"items": {article: count}, "voucher": text[:20]})


@functional("nonsense is refused or forgotten")
def nonsense(t):
    for article in ("anvil", word(t, "article")):
        t.equal(t.post("/basket/items", json={"article": article}).status, 400)
    t.equal(t.post("/basket/items", json={"article": "cup", "count": dice(t, "many").randint(100, 999)}).status, 400)
    t.equal(t.post("/basket/items", body="not json").status, 400)
    for value in ("zzzz", word(t, "cookie")):
        r = t.get("/basket", headers={"Cookie": "basket=" + value})
        t.equal((r.status, r.json()), (200, {"items": {}, "voucher": None}))
