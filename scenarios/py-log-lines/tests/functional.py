from fresh import dice, stamp, word
from tester import functional


def lines(t):
    path = t.data / "audit.log"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def one_line(t, path, said, status):
    """A request that is answered so, and that adds one line to the log."""
    before = lines(t)
    r = t.post(path, json=said)
    t.equal(r.status, status)
    now = lines(t)
    t.equal((len(now), now[:len(before)]), (len(before) + 1, before), "the audit log has one line more")
    return r, now[-1]


@functional("logs in and writes a line")
def logs_in(t):
    for _ in range(dice(t, "times").randint(1, 2)):
        r, line = one_line(t, "/login", {"user": "ada", "password": "first-programmer"}, 200)
        t.equal(r.json(), {"hello": "ada"})
        for part in ("login", "ada", "ok"):
            t.contains(line, part)


@functional("failed logins are in the audit log")
def failed(t):
    for name in ("ada", "nobody", word(t, "stranger"), word(t, "another"), "admin"):
        _, line = one_line(t, "/login", {"user": name, "password": word(t, "guess " + name)}, 401)
        t.contains(line, name)
        t.contains(line, "failed")
    # Names that are none of ours: a line of the log, quotes, other alphabets. They are logged, unless all such names are refused.
    for name in ("%s login user=%s outcome=ok" % (stamp(t, "odd"), word(t, "odd")), '%s "%s" \\ %s' % (word(t, "a"), word(t, "b"), word(t, "c")), word(t, "d") + "\u00e9\u0416"):
        before = lines(t)
        r = t.post("/login", json={"user": name, "password": word(t, "guess")})
        t.ok((r.status, len(lines(t)) - len(before)) in ((401, 1), (400, 0)), "a failed login is one line of the log, or the name is refused with 400")


@functional("changes a password")
def changes(t):
    old, new = "first-programmer", word(t, "new") + "-" + word(t, "password")
    for said, status, outcome in ((word(t, "wrong"), 401, "failed"), (old, 200, "ok")):
        _, line = one_line(t, "/password", {"user": "ada", "old_password": said, "new_password": new}, status)
        for part in ("password", "ada", outcome):
            t.contains(line, part)
    t.equal(t.post("/login", json={"user": "ada", "password": old}).status, 401)
    t.equal(t.post("/login", json={"user": "ada", "password": new}).status, 200)
    before = lines(t)
    t.equal(t.post("/login", json={"user": "ada"}).status, 400)
    t.equal(t.post("/password", json={"user": word(t, "who"), "old_password": word(t, "old")}).status, 400)
    t.equal(lines(t), before)
