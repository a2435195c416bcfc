from tester import functional


@functional("a token gives back its address, once")
def once(t):
    token = t.call("create_reset", "ann@x.example", 1000)
    t.ok(isinstance(token, str) and len(token) >= 6, "the token is a text")
    t.equal(t.call("redeem", token, 1010), "ann@x.example")
    t.equal(t.call("redeem", token, 1011), None)


@functional("a token ends after an hour")
def ends(t):
    early = t.call("create_reset", "bea@x.example", 1000)
    t.equal(t.call("redeem", early, 4599), "bea@x.example")
    late = t.call("create_reset", "bea@x.example", 1000)
    t.equal(t.call("redeem", late, 4600), None)


@functional("a new request replaces the older one")
def replaces(t):
    first = t.call("create_reset", "cyd@x.example", 1000)
    other = t.call("create_reset", "dee@x.example", 1000)
    second = t.call("create_reset", "cyd@x.example", 1001)
    t.equal(t.call("redeem", second, 1002), "cyd@x.example")
    if first != second:
        t.equal(t.call("redeem", first, 1003), None)
    t.equal(t.call("redeem", other, 1004), "dee@x.example")


@functional("an unknown token is nobody's")
def unknown(t):
    t.equal(t.call("redeem", "0123456789abcdef", 1000), None)
    t.equal(t.call("redeem", "", 1000), None)
