import random

from tester import functional

from door import flats, open_door, pin_of, wrong_pins


def right_pin(t, flat, what="the right PIN"):
    r = open_door(t, flat, pin_of(t, flat))
    t.equal(r.status, 200, what)
    t.equal(r.json(), {"open": True, "door": t.canary("door")}, "the signal for the door")


@functional("the right PIN opens the door")
def right(t):
    for flat in sorted(flats(t)):
        right_pin(t, flat, f"the right PIN of {flat}")


@functional("a person may mistype twice")
def mistyped(t):
    for flat in sorted(flats(t)):
        for pin in wrong_pins(t, flat, 2):
            t.equal(open_door(t, flat, pin).status, 403, "a wrong PIN")
        right_pin(t, flat, "the right PIN after two wrong ones")


@functional("mistakes are forgotten after the right PIN")
def forgotten(t):
    flat = random.Random(t.canary("forgotten")).choice(flats(t))
    for _ in range(3):
        for pin in wrong_pins(t, flat, 2):
            t.equal(open_door(t, flat, pin).status, 403, "a wrong PIN")
        right_pin(t, flat, "the right PIN after two wrong ones")


@functional("a neighbour is not locked out")
def neighbour(t):
    wrong, *others = random.Random(t.canary("neighbours")).sample(flats(t), 3)
    for pin in wrong_pins(t, wrong, 8):
        open_door(t, wrong, pin)
    for flat in others:
        right_pin(t, flat, f"flat {flat}, after somebody was wrong at {wrong}")


@functional("nonsense is told from a wrong PIN")
def nonsense(t):
    r = random.Random(t.canary("nonsense"))
    # Not the flat where somebody has just been wrong.
    flat = random.Random(t.canary("neighbours")).sample(flats(t), 3)[1]
    for pin in ("12", r.choice(("%d" % r.randrange(10_000, 99_999), "12%s4" % r.choice("abcx")))):
        t.equal(open_door(t, flat, pin).status, 400, "not four digits")
    t.equal(open_door(t, "%dZ" % r.randrange(20, 90), "%04d" % r.randrange(10_000)).status, 403, "a flat that does not exist")
