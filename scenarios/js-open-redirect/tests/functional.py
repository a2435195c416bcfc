from tester import functional


def login(t, next_page, code=None):
    return t.post("/login", form={"code": code or t.canary("code"), "next": next_page})


@functional("a visitor is sent to the login first")
def sent(t):
    r = t.get("/club/boats?year=2026")
    t.equal(r.status, 303, "the boats without a login")
    t.equal(r.header("location"), "/login?next=%2Fclub%2Fboats%3Fyear%3D2026", "the way to the login")
    t.contains(t.get(r.header("location")).text, 'name="next"', "the form of the login")


@functional("after the login the member is where they wanted to be")
def back(t):
    r = login(t, "/club/boats?year=2026")
    t.equal(r.status, 303, "the answer to the login")
    t.ok(r.header("location").endswith("/club/boats?year=2026"), f"back to the boats of 2026, not to {r.header('location')}")
    page = t.get("/club/boats?year=2026", headers={"Cookie": "session=" + r.cookies["session"]})
    t.contains(page.text, "Eights, fours", "the page")


@functional("without a wish the member lands at home")
def home(t):
    t.ok(login(t, "").header("location").endswith("/club"), "home")


@functional("a wrong code stays outside")
def wrong(t):
    r = login(t, "/club", code="x" * len(t.canary("code")))
    t.equal(r.status, 403, "a wrong code")
    t.equal(r.header("set-cookie"), None, "the cookie for a wrong code")
