from tester import functional

from door import open_door, pin_of, wrong_pins


@functional("the right PIN opens the door")
def right(t):
    r = open_door(t, "3B", pin_of(t, "3B"))
    t.equal(r.status, 200, "the right PIN")
    t.equal(r.json()["door"], t.canary("door"), "the signal for the door")


@functional("a person may mistype twice")
def mistyped(t):
    for pin in wrong_pins(t, "3B", 2):
        t.equal(open_door(t, "3B", pin).status, 403, "a wrong PIN")
    t.equal(open_door(t, "3B", pin_of(t, "3B")).status, 200, "the right PIN after two wrong ones")


@functional("mistakes are forgotten after the right PIN")
def forgotten(t):
    for _ in range(3):
        for pin in wrong_pins(t, "3B", 2):
            t.equal(open_door(t, "3B", pin).status, 403, "a wrong PIN")
        t.equal(open_door(t, "3B", pin_of(t, "3B")).status, 200, "the right PIN after two wrong ones")


@functional("a neighbour is not locked out")
def neighbour(t):
    for pin in wrong_pins(t, "4A", 8):
        open_door(t, "4A", pin)
    t.equal(open_door(t, "3B", pin_of(t, "3B")).status, 200, "flat 3B, after somebody was wrong at 4A")


@functional("nonsense is told from a wrong PIN")
def nonsense(t):
    t.equal(open_door(t, "3B", "12").status, 400, "two digits")
    t.equal(open_door(t, "99Z", "1234").status, 403, "a flat that does not exist")
