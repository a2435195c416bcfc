from clinic import bearer, dice, login, password, patients, person, staff, table, word
from tester import functional


def logged_in(t, user):
    r = login(t, user)
    t.equal(r.status, 200)
    return bearer(r)


def names(many):
    return [{"id": p["id"], "name": p["name"]} for p in many]


def added(t):
    """Those who are added in the first test."""
    first = patients(t)[-1]["id"] + 1
    return [{"id": first + i, "name": person(t, "new %d" % i), "note": "%s knee, %s" % (word(t, "knee %d" % i), word(t, "also %d" % i))} for i in range(3)]


def without(t):
    """Who is removed in the third."""
    return dice(t, "removed").sample(patients(t)[1:-1] + added(t)[:2], 2)


@functional("staff list and add patients")
def lists(t):
    so_far = list(patients(t))
    for user in staff(t):
        t.equal(t.get("/patients", headers=logged_in(t, user)).json(), {"patients": names(so_far)})
    for i, new in enumerate(added(t)):
        who = logged_in(t, staff(t)[i % 2])
        r = t.post("/patients", json={"name": new["name"], "note": new["note"]}, headers=who)
        t.equal((r.status, r.json()), (201, new))
        so_far.append(new)
        t.equal(t.get("/patients", headers=who).json(), {"patients": names(so_far)})


@functional("exports all patients")
def exports(t):
    for user in staff(t):
        r = t.get("/patients/export", headers=logged_in(t, user))
        t.equal(r.status, 200)
        t.equal(r.text.splitlines()[0], "id,name,note")
        t.equal(table(r.text), patients(t) + added(t))


@functional("removes a patient")
def removes(t):
    left = patients(t) + added(t)
    for user, patient in zip(staff(t), without(t)):
        who = logged_in(t, user)
        t.equal(t.delete("/patients", json={"id": patient["id"]}, headers=who).status, 200)
        left.remove(patient)
        t.equal(t.get("/patients", headers=who).json(), {"patients": names(left)})
        t.equal(t.delete("/patients", json={"id": patient["id"]}, headers=who).status, 404)
        t.equal(t.delete("/patients", json={"id": dice(t, "far " + user).randint(2000, 9000)}, headers=who).status, 404)
    t.equal(table(t.get("/patients/export", headers=logged_in(t, "mira")).text), left)


@functional("the health check is open, the list is not")
def health(t):
    t.equal(t.get("/health").json(), {"status": "ok"})
    t.equal(t.get("/patients").status, 401)
    t.equal(t.post("/patients", json={"name": person(t, "nobody"), "note": word(t, "nothing")}).status, 401)
    for user, said in (("mira", "x"), ("mira", password(t, staff(t)[1])), (word(t, "stranger"), password(t, "mira"))):
        t.equal(t.post("/login", json={"user": user, "password": said}).status, 401)
