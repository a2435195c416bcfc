from tester import functional

FRONT_ENDS = ("https://app.parcel.example", "https://staging.parcel.example")


def readable(r, origin):
    """Whether the browser shows this answer to a script of that origin that sent the cookie."""
    return r.header("access-control-allow-origin") == origin and r.header("access-control-allow-credentials") == "true"


@functional("our front end may call with the session")
def ours(t):
    for origin in FRONT_ENDS:
        r = t.get("/me", headers={"Origin": origin, "Cookie": "session=" + t.canary("session")})
        t.equal(r.json()["locker"], 17, f"Kim's locker for {origin}")
        t.ok(readable(r, origin), f"the browser shows the answer to {origin}")


@functional("the browser's question is answered")
def question(t):
    for origin in FRONT_ENDS:
        for path in ("/me", "/" + t.canary("path")[:12]):
            r = t.request("OPTIONS", path, headers={"Origin": origin, "Access-Control-Request-Method": "POST",
                                                    "Access-Control-Request-Headers": "content-type"})
            t.equal(r.status, 204, "the answer to OPTIONS")
            t.ok(readable(r, origin), f"the front end {origin} may go on")
            t.contains(r.header("access-control-allow-headers").lower(), "content-type", "the allowed headers")


@functional("the status works from anywhere, without a login")
def status(t):
    t.equal(t.get("/status").json(), {"lockers": 40, "free": 12}, "the status")


@functional("no session, no locker")
def no_session(t):
    for cookie in ({}, {"Cookie": "session=" + t.canary("nobody")}):
        t.equal(t.get("/me", headers={"Origin": FRONT_ENDS[0], **cookie}).status, 401, "without a session")
