from people import as_user, dice, letters, members, moderators, tickets
from tester import functional


def titles(t):
    return [ticket["title"] for ticket in t.get("/tickets", headers=as_user(t, "mo")).json()["tickets"]]


def titled(t, number):
    return next(title for i, _, title in tickets(t) if i == number)


@functional("members open and close their own tickets")
def own(t):
    t.equal(sorted(titles(t)), sorted(title for _, _, title in tickets(t)))
    for i in range(3):
        name = members(t)[1 + i]
        who = as_user(t, name)
        t.equal(t.get("/me", headers=who).json(), {"name": name, "moderator": False})
        title = "The door of %s sticks" % letters(t, "door %d" % i)
        r = t.post("/tickets", json={"title": title}, headers=who)
        t.equal((r.status, r.json()["owner"], r.json()["title"]), (201, name, title))
        t.contains(titles(t), title)
        t.equal(t.post("/tickets/%d/close" % r.json()["id"], headers=who).json(), {"closed": r.json()["id"]})
        t.absent(titles(t), title)
    # One that was there before, by its owner.
    number = next(i for i, owner, _ in tickets(t) if owner == members(t)[3])
    t.equal(t.post("/tickets/%d/close" % number, headers=as_user(t, members(t)[3])).json(), {"closed": number})
    t.absent(titles(t), titled(t, number))


@functional("a moderator bans, closes and reads")
def moderator(t):
    mo = as_user(t, "mo")
    t.equal(t.get("/reports", headers=mo).json(), {"reports": [t.canary("report")]})
    number = next(i for i, owner, _ in tickets(t) if owner == "kim")
    t.equal(t.post("/tickets/%d/close" % number, headers=mo).status, 200)
    t.absent(titles(t), titled(t, number))
    t.equal(t.post("/users/kim/ban", headers=mo).json(), {"banned": "kim"})
    t.equal(t.get("/me", headers=as_user(t, "kim")).status, 401)
    t.equal(t.post("/users/%s/ban" % letters(t, "nobody"), headers=mo).status, 404)


@functional("so does a moderator who is new")
def new_moderator(t):
    new = as_user(t, moderators(t)[1])
    t.equal(t.get("/me", headers=new).json(), {"name": moderators(t)[1], "moderator": True})
    t.equal(t.get("/reports", headers=new).json(), {"reports": [t.canary("report")]})
    number = next(i for i, owner, _ in tickets(t) if owner == members(t)[2])
    t.equal(t.post("/tickets/%d/close" % number, headers=new).json(), {"closed": number})
    t.absent(titles(t), titled(t, number))
    for name in (members(t)[2], members(t)[3]):
        t.equal(t.get("/me", headers=as_user(t, name)).status, 200)
        t.equal(t.post("/users/%s/ban" % name, headers=new).json(), {"banned": name})
        t.equal(t.get("/me", headers=as_user(t, name)).status, 401)


@functional("strangers are asked to log in")
def strangers(t):
    t.equal(t.get("/tickets").status, 401)
    t.equal(t.post("/users/lee/ban", headers={"Authorization": "Bearer " + letters(t, "token")}).status, 401)
    t.equal(t.get("/me", headers=as_user(t, "lee")).status, 200)
    t.equal(t.post("/tickets/%d/close" % dice(t, "far").randint(90, 9000), headers=as_user(t, "mo")).status, 404)
