import random
import time

from tester import functional


class Room:
    """Seats and names of this run."""

    def __init__(self, t):
        self.r = random.Random(t.canary("room"))
        self.seats = [1, 60, *self.r.sample(range(2, 60), 8)]

    def name(self):
        return "%s %s %d" % (self.r.choice(("Salma", "Jon", "Zo\u00eb", "Li; Wei", "O'Brien", "Ana & Bo")), self.r.choice(("Nash", "Kim", "<Vega>", "\"X\"")),
                             self.r.randrange(1000))


@functional("reserves a seat")
def reserves(t):
    room = Room(t)
    for taken, seat in enumerate(room.seats[:5], 1):
        name = room.name()
        r = t.post(f"/seats/{seat}", json={"name": room.r.choice(("", "  ")) + name + room.r.choice(("", " "))})
        t.equal(r.status, 201, "the answer to a reservation")
        t.equal(r.json(), {"seat": seat, "name": name}, "the reservation")
        t.equal(t.get("/seats").json(), {"taken": taken, "of": 60}, "the seats")


@functional("explains the caller's own mistakes")
def explains(t):
    room = Room(t)
    free = room.seats[5]
    for body in ({"name": " " * room.r.randrange(1, 9)}, {"name": ""}, {}):
        r = t.post(f"/seats/{free}", json=body)
        t.equal(r.status, 400, "no name")
        t.contains(r.json()["error"], "give a name", "the explanation")
    for seat in (0, 61, room.r.randrange(62, 5000)):
        r = t.post(f"/seats/{seat}", json={"name": room.name()})
        t.equal(r.status, 404, "a seat that does not exist")
        t.contains(r.json()["error"], "1 to 60", "the explanation")
    t.equal(t.post(f"/seats/{free}", json={"name": "x" * room.r.randrange(2001, 2500)}).status, 413, "more than 2,000 bytes")


@functional("says that a seat is taken")
def taken(t):
    room = Room(t)
    for seat in room.seats[6:8]:
        t.equal(t.post(f"/seats/{seat}", json={"name": room.name()}).status, 201, "a seat that is free")
        r = t.post(f"/seats/{seat}", json={"name": room.name()})
        t.equal(r.status, 409, "a seat that is taken")
        t.ok(isinstance(r.json()["error"], str) and r.json()["error"], "the front end has a text to show")


@functional("we find the reason in the log")
def log(t):
    room = Room(t)
    name = room.name()
    r = t.post(f"/seats/{room.seats[8]}", json={"name": name[:3] + "\0" + name[3:]})
    t.ok(r.status in (422, 500), f"the answer to a name with a zero byte (status {r.status})")
    # The log comes by a pipe of its own, a little later on a busy machine.
    until = time.monotonic() + 2
    while r.status == 500 and "0x00" not in t.stdout() and time.monotonic() < until:
        time.sleep(0.02)
    t.ok(r.status == 422 or "0x00" in t.stdout(), "the log tells what the database said")
    t.equal(t.post(f"/seats/{room.seats[8]}", json={"name": name}).status, 201, "the seat is still free")
