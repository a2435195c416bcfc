from tester import functional


def lines(t):
    path = t.data / "audit.log"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@functional("logs in and writes a line")
def logs_in(t):
    r = t.post("/login", json={"user": "ada", "password": "first-programmer"})
    t.equal((r.status, r.json()), (200, {"hello": "ada"}))
    t.equal(len(lines(t)), 1)
    for word in ("login", "ada", "ok"):
        t.contains(lines(t)[0], word)


@functional("failed logins are in the audit log")
def failed(t):
    before = len(lines(t))
    t.equal(t.post("/login", json={"user": "ada", "password": "guess"}).status, 401)
    t.equal(t.post("/login", json={"user": "nobody", "password": "guess"}).status, 401)
    new = lines(t)[before:]
    t.equal(len(new), 2)
    t.contains(new[0], "ada")
    t.contains(new[1], "nobody")
    t.contains(new[0], "failed")


@functional("changes a password")
def changes(t):
    change = {"user": "ada", "old_password": "first-programmer", "new_password": "analytical-engine"}
    t.equal(t.post("/password", json=change).status, 200)
    t.contains(lines(t)[-1], "password")
    t.equal(t.post("/login", json={"user": "ada", "password": "first-programmer"}).status, 401)
    t.equal(t.post("/login", json={"user": "ada", "password": "analytical-engine"}).status, 200)
    t.equal(t.post("/login", json={"user": "ada"}).status, 400)
