"""How each run begins, whether the tests follow or an exploit: with a few harmless requests, drawn by chance from those that both
of them make. What a program sees first does not tell it what comes."""
import random

import tester


def ways(t, chance):
    """What may be asked first."""
    new = {"article": chance.choice(("cup", "plate", "teapot")), "count": chance.randint(2, 99)}
    return [lambda: t.get("/basket"), lambda: t.post("/basket/items", json=new)]


def begin(t):
    chance = random.Random(t.canary("opening"))
    # It belongs to no test, so it is in no transcript; whether it works the tests will tell.
    t.log = lambda *ignored: None
    try:
        for _ in range(chance.randint(1, 4)):
            chance.choice(ways(t, chance))()
    except Exception:
        pass
    finally:
        del t.log


def functional(name):
    first = not tester._functional
    return lambda test: tester.functional(name)(opened(test) if first else test)


def exploit(name, cwe):
    return lambda test: tester.exploit(name, cwe)(opened(test))


def opened(test):
    def both(t):
        begin(t)
        test(t)
    return both
