from tester import functional


def staff(t):
    r = t.post("/login", json={"user": "mira", "password": t.canary("password")})
    t.equal(r.status, 200)
    return {"Authorization": "Bearer " + r.json()["token"]}


@functional("staff list and add patients")
def lists(t):
    mira = staff(t)
    t.equal(t.get("/patients", headers=mira).json(), {"patients": [{"id": 1, "name": "Otis"}, {"id": 2, "name": "Pia"}]})
    r = t.post("/patients", json={"name": "Quinn", "note": "left knee"}, headers=mira)
    t.equal((r.status, r.json()["id"]), (201, 3))


@functional("exports all patients")
def exports(t):
    r = t.get("/patients/export", headers=staff(t))
    t.equal(r.status, 200)
    t.equal(r.text.splitlines()[0], "id,name,note")
    t.contains(r.text, "1,Otis," + t.canary("note"))


@functional("removes a patient")
def removes(t):
    mira = staff(t)
    t.equal(t.delete("/patients", json={"id": 2}, headers=mira).status, 200)
    t.absent(t.get("/patients", headers=mira).text, "Pia")
    t.equal(t.delete("/patients", json={"id": 99}, headers=mira).status, 404)


@functional("the health check is open, the list is not")
def health(t):
    t.equal(t.get("/health").json(), {"status": "ok"})
    t.equal(t.get("/patients").status, 401)
    t.equal(t.post("/login", json={"user": "mira", "password": "x"}).status, 401)
