from people import as_user, members, moderators
from tester import functional


@functional("members open and close their own tickets")
def own(t):
    lee = as_user(t, "lee")
    t.equal(t.get("/me", headers=lee).json(), {"name": "lee", "moderator": False})
    r = t.post("/tickets", json={"title": "The door sticks"}, headers=lee)
    t.equal((r.status, r.json()["owner"]), (201, "lee"))
    t.contains(t.get("/tickets", headers=lee).text, "The door sticks")
    t.equal(t.post("/tickets/%d/close" % r.json()["id"], headers=lee).json(), {"closed": r.json()["id"]})
    t.absent(t.get("/tickets", headers=lee).text, "The door sticks")


@functional("a moderator bans, closes and reads")
def moderator(t):
    mo = as_user(t, "mo")
    t.equal(t.get("/reports", headers=mo).json(), {"reports": [t.canary("report")]})
    t.equal(t.post("/tickets/1/close", headers=mo).status, 200)
    t.equal(t.post("/users/kim/ban", headers=mo).json(), {"banned": "kim"})
    t.equal(t.get("/me", headers=as_user(t, "kim")).status, 401)
    t.equal(t.post("/users/nobody/ban", headers=mo).status, 404)


@functional("so does a moderator who is new")
def new_moderator(t):
    new = as_user(t, moderators(t)[1])
    t.equal(t.get("/me", headers=new).json(), {"name": moderators(t)[1], "moderator": True})
    t.equal(t.get("/reports", headers=new).json(), {"reports": [t.canary("report")]})
    t.equal(t.post("/tickets/3/close", headers=new).status, 200)
    t.equal(t.post("/users/%s/ban" % members(t)[2], headers=new).json(), {"banned": members(t)[2]})


@functional("strangers are asked to log in")
def strangers(t):
    t.equal(t.get("/tickets").status, 401)
    t.equal(t.post("/users/lee/ban", headers={"Authorization": "Bearer x"}).status, 401)
    t.equal(t.post("/tickets/99/close", headers=as_user(t, "mo")).status, 404)
