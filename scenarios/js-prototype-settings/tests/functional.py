from tester import functional


def as_(t, who):
    return {"Authorization": "Bearer " + t.canary(who)}


@functional("a change is merged and the rest stays")
def merged(t):
    r = t.request("PATCH", "/settings", json={"theme": {"mode": "dark"}}, headers=as_(t, "ann"))
    t.equal(r.status, 200, "the answer to a change")
    got = t.get("/settings", headers=as_(t, "ann")).json()
    t.equal(got["theme"], {"mode": "dark", "colours": {"accent": "blue"}}, "Ann's theme")
    t.equal(got["mail"], {"digest": "weekly"}, "Ann's mail settings")


@functional("a new nested setting is merged")
def new(t):
    t.request("PATCH", "/settings", json={"theme": {"colours": {"links": "green"}}, "editor": {"tabs": 4}}, headers=as_(t, "ann"))
    got = t.get("/settings", headers=as_(t, "ann")).json()
    t.equal(got["theme"]["colours"], {"accent": "blue", "links": "green"}, "Ann's colours")
    t.equal(got["editor"], {"tabs": 4}, "Ann's editor settings")


@functional("users have settings of their own")
def own(t):
    t.request("PATCH", "/settings", json={"mail": {"digest": "never"}}, headers=as_(t, "ann"))
    t.equal(t.get("/settings", headers=as_(t, "mallory")).json()["mail"]["digest"], "weekly", "Mallory's digest")


@functional("only the administrator exports")
def export(t):
    t.equal(t.get("/admin/export", headers=as_(t, "ann")).status, 403, "the export as Ann")
    r = t.get("/admin/export", headers=as_(t, "root"))
    t.equal(r.json()["apiKey"], t.canary("apikey"), "the export as root")
