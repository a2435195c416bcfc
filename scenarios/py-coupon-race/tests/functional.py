from cards import balance, cards, code, dice, left_the_bank
from tester import functional


def redeem(t, name, amount):
    return t.post("/redeem", json={"code": code(t, name), "amount": amount})


def left(t, name):
    return t.get("/cards/" + code(t, name)).json()["balance"]


@functional("an amount that was paid out is gone")
def gone(t):
    for number, has in cards(t):
        t.equal(t.get("/cards/" + number).json(), {"code": number, "balance": has})
    has = balance(t, "plain")
    for part in (dice(t, "first").randint(2, 30), dice(t, "second").randint(2, 30)):
        r = redeem(t, "plain", part)
        has -= part
        t.equal((r.status, r.json()), (200, {"paid": part, "balance": has}))
        t.equal(left(t, "plain"), has)
    t.equal(redeem(t, "plain", has).json(), {"paid": has, "balance": 0})
    t.equal(left(t, "plain"), 0)
    t.equal(left_the_bank(t), [dice(t, "first").randint(2, 30), dice(t, "second").randint(2, 30), has], "what the bank paid")


@functional("more than there is on the card is refused")
def more(t):
    has = balance(t, "other")
    for too_much in (has + 1, has + dice(t, "too much").randint(2, 90)):
        t.equal(redeem(t, "other", too_much).status, 409)
    t.equal(left(t, "other"), has)
    t.equal(redeem(t, "never sold", 1).status, 404)
    t.equal(redeem(t, "other", -dice(t, "below").randint(1, 50)).status, 400)
    t.equal(left(t, "other"), has)
    t.equal(len(left_the_bank(t)), 3, "how often the bank paid")


@functional("a refusal by the bank costs nothing")
def refusal(t):
    has = balance(t, "large")
    t.equal(redeem(t, "large", dice(t, "refused").randint(501, has)).status, 502)
    t.equal(left(t, "large"), has)
    part = dice(t, "paid").randint(50, 500)
    t.equal(redeem(t, "large", part).json(), {"paid": part, "balance": has - part})
    t.equal(left_the_bank(t)[3:], [part], "what the bank paid")


@functional("two people with two cards at the same time")
def two(t):
    pair = [(name, dice(t, name).randint(10, 80)) for name in ("left", "right")]
    answers = t.parallel(2, lambda i: redeem(t, *pair[i]).json())
    t.equal(answers, [{"paid": part, "balance": balance(t, name) - part} for name, part in pair])
    t.equal(sorted(left_the_bank(t)[4:]), sorted(part for _, part in pair), "what the bank paid")
