from tester import functional


@functional("a shared document can be read by its link")
def shared(t):
    r = t.post("/documents", json={"text": "Minutes of " + t.canary("meeting")})
    t.equal(r.status, 201)
    t.equal(t.get(r.json()["link"]).json(), {"text": "Minutes of " + t.canary("meeting")})


@functional("two documents have two links")
def two(t):
    first = t.post("/documents", json={"text": "one"}).json()
    second = t.post("/documents", json={"text": "two"}).json()
    t.equal(t.get(second["link"]).json(), {"text": "two"})
    crossed = first["link"].replace("/shared/%d" % first["id"], "/shared/%d" % second["id"])
    t.equal(t.get(crossed).status, 403)


@functional("without a signature nothing is shown")
def without(t):
    t.equal(t.get("/shared/1").status, 403)
    t.equal(t.get("/shared/1?sig=" + "0" * 64).status, 403)
    t.equal(t.get("/other").status, 403)
    t.equal(t.post("/documents", json={"words": 1}).status, 400)
