from fresh import city, dice, person, word
from tester import functional


def join(t, name, **data):
    r = t.post("/users", json=dict(person(t, name), **data))
    t.equal(r.status, 201)
    return {"Authorization": "Bearer " + r.json()["token"]}


def account(t, who):
    me = t.get("/me", headers=who).json()
    return {field: me[field] for field in ("name", "email", "city", "newsletter", "role", "credit")}


def plain(t, name):
    return {**person(t, name), "city": "", "newsletter": False, "role": "member", "credit": 0}


@functional("registers and shows the account")
def registers(t):
    for i, more in enumerate(({}, {"city": city(t, "one")}, {"city": city(t, "two"), "newsletter": True}, {"newsletter": False})):
        t.equal(account(t, join(t, "new %d" % i, **more)), {**plain(t, "new %d" % i), **more})


@functional("edits city and newsletter")
def edits(t):
    noor, other = join(t, "noor"), join(t, "other")
    expected = plain(t, "noor")
    chance = dice(t, "edits")
    for i in range(6):
        whole = {**person(t, "changed %d" % i), "city": city(t, "changed %d" % i), "newsletter": not expected["newsletter"]}
        change = {field: whole[field] for field in chance.sample(sorted(whole), chance.randint(1, 4))}
        if i == 0:
            change = {"city": whole["city"], "newsletter": True}
        expected.update(change)
        r = t.request("PATCH", "/me", json=change, headers=noor)
        t.equal((r.status, {field: r.json()[field] for field in expected}), (200, expected))
        t.equal(account(t, noor), expected)
    t.equal(account(t, other), plain(t, "other"))


@functional("members do not see the board's note")
def members(t):
    t.equal(t.get("/admin", headers=join(t, "member")).status, 403)
    t.equal(t.get("/me").status, 401)
    t.equal(t.get("/me", headers={"Authorization": "Bearer " + word(t, "token")}).status, 401)
    for field in ("name", "email"):
        t.equal(t.post("/users", json={field: person(t, "half")[field]}).status, 400)
