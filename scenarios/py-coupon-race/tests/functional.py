from tester import functional


def redeem(t, code, amount):
    return t.post("/redeem", json={"code": code, "amount": amount})


@functional("an amount that was paid out is gone")
def gone(t):
    t.equal(t.get("/cards/PLAIN-1").json(), {"code": "PLAIN-1", "balance": 100})
    r = redeem(t, "PLAIN-1", 30)
    t.equal((r.status, r.json()), (200, {"paid": 30, "balance": 70}))
    t.equal(redeem(t, "PLAIN-1", 70).json(), {"paid": 70, "balance": 0})
    t.equal(t.get("/cards/PLAIN-1").json()["balance"], 0)


@functional("more than there is on the card is refused")
def more(t):
    t.equal(redeem(t, "PLAIN-2", 101).status, 409)
    t.equal(t.get("/cards/PLAIN-2").json()["balance"], 100)
    t.equal(redeem(t, "NO-SUCH", 1).status, 404)
    t.equal(redeem(t, "PLAIN-2", -5).status, 400)


@functional("a refusal by the bank costs nothing")
def refusal(t):
    t.equal(redeem(t, "LARGE", 600).status, 502)
    t.equal(t.get("/cards/LARGE").json()["balance"], 1000)
    t.equal(redeem(t, "LARGE", 400).json(), {"paid": 400, "balance": 600})


@functional("two people with two cards at the same time")
def two(t):
    answers = t.parallel(2, lambda i: redeem(t, "PAIR-%d" % i, 40).json())
    t.equal(answers, [{"paid": 40, "balance": 60}] * 2)
