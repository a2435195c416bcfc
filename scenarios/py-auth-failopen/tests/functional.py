import json
from decimal import Decimal

from tester import functional
from tills import amount, dice, sale, sign, tills


def report(t, amount, till, signature=None):
    body = sale(till, amount)
    return t.post("/sales", body=body, headers={"X-Signature": signature or sign(t, till, body)})


def honest(t):
    """What is sold in the first test: some sales of each till."""
    return [(till, amount(t, "%s %d" % (till, i))) for till in tills(t) for i in range(dice(t, till).randint(1, 3))]


@functional("a signed sale is counted")
def counted(t):
    total = Decimal(0)
    for number, (till, sold) in enumerate(honest(t)):
        r = report(t, sold, till)
        t.equal((r.status, r.json()), (201, {"accepted": sold}))
        total += Decimal(sold)
        sales = t.get("/sales").json()
        t.equal((Decimal(sales["total"]), sales["count"]), (total, number + 1))


@functional("a wrong signature is refused")
def wrong(t):
    till, before = tills(t)[0], t.get("/sales").json()
    body = sale(till, amount(t, "wrong"))
    t.equal(report(t, amount(t, "other"), till, signature=sign(t, till, body)).status, 401)
    t.equal(t.post("/sales", body=body).status, 401)
    # One digit is wrong: at the beginning, in the middle, at the end, and somewhere.
    good, start = sign(t, till, body), len(till) + 1
    for place in (0, 8, 16, 32, 63, dice(t, "place").randrange(64)):
        place += start
        near = good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1:]
        t.equal(t.post("/sales", body=body, headers={"X-Signature": near}).status, 401, "a signature with one wrong digit")
    # With the right key of another till.
    t.equal(t.post("/sales", body=body, headers={"X-Signature": till + ":" + sign(t, tills(t)[1], body).partition(":")[2]}).status, 401)
    t.equal(t.get("/sales").json(), before)


@functional("a signed body without an amount is a bad request")
def no_amount(t):
    before = t.get("/sales").json()
    for till in tills(t):
        for body in (json.dumps({"till": till}), sale(till, "x" + amount(t, "none"))):
            t.equal(t.post("/sales", body=body, headers={"X-Signature": sign(t, till, body)}).status, 400)
    t.equal(t.get("/sales").json(), before)
