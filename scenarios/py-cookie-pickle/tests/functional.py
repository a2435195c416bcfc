from tester import functional


def cookie(r):
    return {"Cookie": "basket=" + r.cookies["basket"]}


@functional("the basket remembers articles")
def remembers(t):
    t.equal(t.get("/basket").json(), {"items": {}, "voucher": None})
    r = t.post("/basket/items", json={"article": "cup", "count": 6})
    t.equal(r.status, 200)
    r = t.post("/basket/items", json={"article": "teapot", "count": 1}, headers=cookie(r))
    t.equal(t.get("/basket", headers=cookie(r)).json(), {"items": {"cup": 6, "teapot": 1}, "voucher": None})


@functional("the basket remembers a voucher, also in other alphabets")
def voucher(t):
    r = t.post("/basket/items", json={"article": "plate", "count": 2})
    r = t.post("/basket/voucher", json={"code": "T\u00c9-10 %"}, headers=cookie(r))
    t.equal(t.get("/basket", headers=cookie(r)).json(), {"items": {"plate": 2}, "voucher": "T\u00c9-10 %"})


@functional("nonsense is refused or forgotten")
def nonsense(t):
    t.equal(t.post("/basket/items", json={"article": "anvil"}).status, 400)
    t.equal(t.post("/basket/items", body="not json").status, 400)
    r = t.get("/basket", headers={"Cookie": "basket=zzzz"})
    t.equal((r.status, r.json()), (200, {"items": {}, "voucher": None}))
