import time

from tester import functional
from tokens import USERS, bearer, dice, login, token, word


@functional("logging in gives a token that works")
def works(t):
    for user, (_, role) in USERS.items():
        me = t.get("/me", headers=login(t, user))
        t.equal(me.status, 200)
        t.equal((me.json()["sub"], me.json()["role"]), (user, role))
        t.ok(0 < me.json()["exp"] - time.time() <= 900, "the token lives a quarter of an hour")


@functional("the report is for leads")
def report(t):
    t.equal(t.get("/report", headers=login(t, "ines")).json(), {"report": t.canary("report")})
    t.equal(t.get("/report", headers=login(t, "ravi")).status, 403)


@functional("a signed token of a colleague's service works")
def signed(t):
    for i, (user, role) in enumerate((("ines", "lead"), (word(t, "other lead"), "lead"), (word(t, "other member"), "member"), (word(t, "guest"), word(t, "role")))):
        seconds = dice(t, "seconds %d" % i).randint(60, 840)
        text = token(t, user, role, seconds=seconds)
        me = t.get("/me", headers=bearer(text)).json()
        t.equal((me["sub"], me["role"]), (user, role))
        t.ok(abs(me["exp"] - time.time() - seconds) < 30, "the end that is in the token")
        r = t.get("/report", headers=bearer(text))
        t.equal((r.status, r.json().get("report")), (200, t.canary("report")) if role == "lead" else (403, None))


@functional("wrong passwords and broken tokens are refused")
def refused(t):
    for user, password in (("ines", "x"), ("ines", USERS["ravi"][0]), ("ravi", word(t, "password")), (word(t, "stranger"), USERS["ines"][0])):
        t.equal(t.post("/login", json={"user": user, "password": password}).status, 401)
    good = token(t, word(t, "somebody"), "member")
    for bad in ("", "a.b.c", "zzz", good[:-6] + "AAAAAA", word(t, "a") + "." + word(t, "b") + "." + word(t, "c")):
        t.equal(t.get("/me", headers=bearer(bad)).status, 401, bad)
    # One letter of the signature is another one: at its beginning, in the middle, near its end, somewhere.
    message, _, seal = good.rpartition(".")
    for place in (0, 5, 11, 21, 31, 40, dice(t, "place").randrange(41)):
        near = message + "." + seal[:place] + ("A" if seal[place] != "A" else "B") + seal[place + 1:]
        t.equal(t.get("/me", headers=bearer(near)).status, 401, "a signature with one wrong letter")
    # The signature of one token does not fit another one.
    other = token(t, "ines", "lead").rpartition(".")[0] + "." + seal
    t.equal(t.get("/me", headers=bearer(other)).status, 401, "a signature of another token")
    t.equal(t.get("/me").status, 401)
