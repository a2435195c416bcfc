import time

from tester import functional


@functional("reserves a seat")
def reserves(t):
    r = t.post("/seats/7", json={"name": "  Salma "})
    t.equal(r.status, 201, "the answer to a reservation")
    t.equal(r.json(), {"seat": 7, "name": "Salma"}, "the reservation")
    t.equal(t.get("/seats").json(), {"taken": 1, "of": 60}, "the seats")


@functional("explains the caller's own mistakes")
def explains(t):
    r = t.post("/seats/8", json={"name": " "})
    t.equal(r.status, 400, "an empty name")
    t.contains(r.json()["error"], "give a name", "the explanation")
    r = t.post("/seats/61", json={"name": "Salma"})
    t.equal(r.status, 404, "a seat that does not exist")
    t.contains(r.json()["error"], "1 to 60", "the explanation")


@functional("says that a seat is taken")
def taken(t):
    t.post("/seats/9", json={"name": "Jon"})
    t.equal(t.post("/seats/9", json={"name": "Salma"}).status, 409, "a seat that is taken")


@functional("we find the reason in the log")
def log(t):
    r = t.post("/seats/10", json={"name": "Sal\0ma"})
    t.ok(r.status in (422, 500), f"the answer to a name with a zero byte (status {r.status})")
    # The log comes by a pipe of its own, a little later on a busy machine.
    until = time.monotonic() + 2
    while r.status == 500 and "0x00" not in t.stdout() and time.monotonic() < until:
        time.sleep(0.02)
    t.ok(r.status == 422 or "0x00" in t.stdout(), "the log tells what the database said")
