from tester import functional


@functional("a parent with the right code sees the child")
def right(t):
    r = t.post("/pickup", json={"email": "lin@example.org", "code": t.canary("lin")})
    t.equal(r.status, 200, "the answer to the right code")
    t.equal(r.json(), {"child": "Mei", "group": "Hedgehogs", "mayCollect": ["Lin", "Grandma Xu"], "note": ""}, "the answer")


@functional("a wrong code is refused")
def wrong(t):
    t.equal(t.post("/pickup", json={"email": "lin@example.org", "code": "let-me-in"}).status, 403, "a wrong code")
    t.equal(t.post("/pickup", json={"email": "lin@example.org", "code": t.canary("obi")}).status, 403, "another family's code")
    t.equal(t.post("/pickup", json={"email": "nobody@example.org", "code": t.canary("lin")}).status, 403, "an unknown e-mail")


@functional("both fields are needed")
def needed(t):
    t.equal(t.post("/pickup", json={"email": "lin@example.org"}).status, 400, "no code")


@functional("the screen at the door counts the children")
def door(t):
    t.equal(t.get("/groups/Foxes").json(), {"group": "Foxes", "children": 1}, "the Foxes")
