from people import address, dice, start, word
from tester import functional

HOUR = 3600


@functional("a token gives back its address, once")
def once(t):
    for i in range(3):
        owner, now = address(t, "once %d" % i), start(t, "once %d" % i)
        token = t.call("create_reset", owner, now)
        t.ok(isinstance(token, str) and len(token) >= 6, "the token is a text")
        later = now + dice(t, "later %d" % i).randint(1, 3000)
        t.equal(t.call("redeem", token, later), owner)
        for moment in (later, later + 1):
            t.equal(t.call("redeem", token, moment), None)


@functional("a token ends after an hour")
def ends(t):
    for i, (lived, ended) in enumerate(((HOUR - 1, HOUR), (dice(t, "lived").randint(100, HOUR - 2), HOUR + dice(t, "ended").randint(1, 90_000)))):
        owner, now = address(t, "ends %d" % i), start(t, "ends %d" % i)
        early = t.call("create_reset", owner, now)
        t.equal(t.call("redeem", early, now + lived), owner)
        late = t.call("create_reset", owner, now)
        t.equal(t.call("redeem", late, now + ended), None)


@functional("a new request replaces the older one")
def replaces(t):
    now = start(t, "replaces")
    one, two = address(t, "replaces"), address(t, "another")
    first = t.call("create_reset", one, now)
    other = t.call("create_reset", two, now)
    for step in range(1, 3):
        second = t.call("create_reset", one, now + step)
        if first != second:
            t.equal(t.call("redeem", first, now + step), None)
        first = second
    t.equal(t.call("redeem", first, now + 3), one)
    t.equal(t.call("redeem", other, now + 4), two)


@functional("an unknown token is nobody's")
def unknown(t):
    now = start(t, "unknown")
    token = t.call("create_reset", address(t, "unknown"), now)
    for text in ("0123456789abcdef", "", word(t, "unknown"), token[:-1], token + "0"):
        t.equal(t.call("redeem", text, now + 1), None)
    t.equal(t.call("redeem", token, now + 2), address(t, "unknown"))
