import random

from tester import functional

PAGES = {"/club": "Welcome back, rower!", "/club/boats": "Eights, fours", "/club/calendar": "The regatta is in June"}


def login(t, next_page, code=None):
    return t.post("/login", form={"code": code or t.canary("code"), "next": next_page})


def wishes(t, name):
    """Each page, with a query that nobody knows before."""
    r = random.Random(t.canary(name))
    for page in PAGES:
        query = "&".join("%s=%s" % (r.choice(("year", "boat", "crew", "from", "sort")), r.choice(("%d" % r.randrange(10_000), t.canary(name + page)[:12], "a-b_%d" % r.randrange(100))))
                         for _ in range(r.randrange(1, 4)))
        yield page, page + "?" + query


@functional("a visitor is sent to the login first")
def sent(t):
    for page, wish in wishes(t, "sent"):
        r = t.get(wish)
        t.equal(r.status, 303, "a page without a login")
        t.equal(r.header("location"), "/login?next=" + t.quote(wish), "the way to the login")
        t.contains(t.get(r.header("location")).text, 'name="next"', "the form of the login")
        t.equal(t.get(wish, headers={"Cookie": "session=" + t.canary("nobody")[2:]}).status, 303, "a page with a made-up session")


@functional("after the login the member is where they wanted to be")
def back(t):
    for page, wish in wishes(t, "back"):
        for wanted in (wish, page):
            r = login(t, wanted)
            t.equal(r.status, 303, "the answer to the login")
            t.ok(r.header("location").endswith(wanted), f"back to {wanted}, not to {r.header('location')}")
            t.contains(t.get(wanted, headers={"Cookie": "session=" + r.cookies["session"]}).text, PAGES[page], "the page")


@functional("without a wish the member lands at home")
def home(t):
    t.ok(login(t, "").header("location").endswith("/club"), "home")


@functional("a wrong code stays outside")
def wrong(t):
    for code in ("x" * len(t.canary("code")), t.canary("another code"), t.canary("code")[:-1]):
        r = login(t, "/club", code=code)
        t.equal(r.status, 403, "a wrong code")
        t.equal(r.header("set-cookie"), None, "the cookie for a wrong code")
