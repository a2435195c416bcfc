import base64
import hashlib
import hmac
import json
import time

from tester import functional


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(t, user, role, alg="HS256", seconds=600, signed=True):
    header = b64(json.dumps({"alg": alg, "typ": "JWT"}).encode())
    claims = b64(json.dumps({"sub": user, "role": role, "exp": int(time.time()) + seconds}).encode())
    message = header + "." + claims
    mac = hmac.new(t.canary("secret").encode(), message.encode(), hashlib.sha256).digest() if signed else b""
    return message + "." + b64(mac)


def bearer(text):
    return {"Authorization": "Bearer " + text}


def login(t, user, password):
    return bearer(t.post("/login", json={"user": user, "password": password}).json()["token"])


@functional("logging in gives a token that works")
def works(t):
    me = t.get("/me", headers=login(t, "ravi", "green-meadow"))
    t.equal(me.status, 200)
    t.equal((me.json()["sub"], me.json()["role"]), ("ravi", "member"))
    t.ok(0 < me.json()["exp"] - time.time() <= 900, "the token lives a quarter of an hour")


@functional("the report is for leads")
def report(t):
    t.equal(t.get("/report", headers=login(t, "ines", "blue-harbour")).json(), {"report": t.canary("report")})
    t.equal(t.get("/report", headers=login(t, "ravi", "green-meadow")).status, 403)


@functional("a signed token of a colleague's service works")
def signed(t):
    t.equal(t.get("/me", headers=bearer(token(t, "ines", "lead"))).json()["sub"], "ines")


@functional("wrong passwords and broken tokens are refused")
def refused(t):
    t.equal(t.post("/login", json={"user": "ines", "password": "x"}).status, 401)
    good = token(t, "ravi", "member")
    for bad in ("", "a.b.c", "zzz", good[:-6] + "AAAAAA"):
        t.equal(t.get("/me", headers=bearer(bad)).status, 401, bad)
    # One letter of the signature is another one: at its beginning, in the middle, near its end.
    message, _, seal = good.rpartition(".")
    for place in (0, 5, 11, 21, 31, 40):
        near = message + "." + seal[:place] + ("A" if seal[place] != "A" else "B") + seal[place + 1:]
        t.equal(t.get("/me", headers=bearer(near)).status, 401, "a signature with one wrong letter")
    t.equal(t.get("/me").status, 401)
