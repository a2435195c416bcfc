import hashlib
import hmac
import json

from tester import functional


def sign(t, key_id, body):
    key = hashlib.sha256(t.canary("key-" + key_id).encode()).digest()
    return key_id + ":" + hmac.new(key, body.encode(), hashlib.sha256).hexdigest()


def report(t, amount, key_id="till-1", signature=None):
    body = json.dumps({"till": key_id, "amount": amount})
    return t.post("/sales", body=body, headers={"X-Signature": signature or sign(t, key_id, body)})


@functional("a signed sale is counted")
def counted(t):
    t.equal(report(t, "12.50").status, 201)
    t.equal(report(t, "7.25", "till-2").json(), {"accepted": "7.25"})
    t.equal(t.get("/sales").json(), {"total": "19.75", "count": 2})


@functional("a wrong signature is refused")
def wrong(t):
    body = json.dumps({"till": "till-1", "amount": "1.00"})
    t.equal(report(t, "99.00", signature=sign(t, "till-1", body)).status, 401)
    t.equal(t.post("/sales", body=body).status, 401)
    # One digit is wrong: at the beginning, in the middle, at the end.
    good = sign(t, "till-1", body)
    for place in (7, 15, 23, 39, 70):
        near = good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1:]
        t.equal(t.post("/sales", body=body, headers={"X-Signature": near}).status, 401, "a signature with one wrong digit")
    t.equal(t.get("/sales").json()["count"], 2)


@functional("a signed body without an amount is a bad request")
def no_amount(t):
    body = json.dumps({"till": "till-1"})
    t.equal(t.post("/sales", body=body, headers={"X-Signature": sign(t, "till-1", body)}).status, 400)
