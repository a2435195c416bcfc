from tester import functional


def join(t, **data):
    r = t.post("/users", json=dict({"name": "Noor", "email": "noor@club.example"}, **data))
    t.equal(r.status, 201)
    return {"Authorization": "Bearer " + r.json()["token"]}


@functional("registers and shows the account")
def registers(t):
    me = t.get("/me", headers=join(t, city="Utrecht")).json()
    t.equal([me[f] for f in ("name", "email", "city", "newsletter", "role", "credit")],
            ["Noor", "noor@club.example", "Utrecht", False, "member", 0])


@functional("edits city and newsletter")
def edits(t):
    noor = join(t)
    r = t.request("PATCH", "/me", json={"city": "Leiden", "newsletter": True}, headers=noor)
    t.equal((r.status, r.json()["city"], r.json()["newsletter"], r.json()["name"]), (200, "Leiden", True, "Noor"))
    t.request("PATCH", "/me", json={"name": "Noor B.", "email": "nb@club.example"}, headers=noor)
    me = t.get("/me", headers=noor).json()
    t.equal((me["name"], me["email"], me["city"]), ("Noor B.", "nb@club.example", "Leiden"))


@functional("members do not see the board's note")
def members(t):
    t.equal(t.get("/admin", headers=join(t)).status, 403)
    t.equal(t.get("/me").status, 401)
    t.equal(t.post("/users", json={"name": "No mail"}).status, 400)
