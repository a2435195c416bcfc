from tester import functional


def names(t, term):
    r = t.get("/visitors?q=" + t.quote(term))
    t.equal(r.status, 200, f"the search for {term!r}")
    return [v["name"] for v in r.json()["visitors"]]


@functional("finds a visitor, whatever the case")
def finds(t):
    t.equal(names(t, "ann"), ["Ann Chovy", "ANNA Schmidt"], "visitors called ann")


@functional("answers with nobody if there is nobody")
def nobody(t):
    t.equal(names(t, "Zebulon"), [], "visitors called Zebulon")


@functional("finds names with unusual characters")
def unusual(t):
    t.equal(names(t, "Ben & Jo"), ["Ben & Jo Nash"], "an ampersand")
    t.equal(names(t, "Dr. (h.c.)"), ["ANNA Schmidt"], "brackets and dots")


@functional("finds a company whose name begins with dashes")
def dashes(t):
    t.equal(names(t, "--verve"), ["Walter \"Walt\" Kim"], "the company --verve Studio")
    t.equal(names(t, "-verve"), ["Walter \"Walt\" Kim"], "the same with one dash")
    t.equal(names(t, "-v"), ["Walter \"Walt\" Kim"], "a dash and a letter")
    t.equal(names(t, "--count"), [], "nobody is called --count")


@functional("finds whoever came today")
def today(t):
    for number in range(3):
        name = "guest %s" % t.canary("guest-%d" % number)[:12]
        t.equal(names(t, name), [name], "a visitor whose name is new each day")


@functional("asks for two letters")
def short(t):
    t.equal(t.get("/visitors?q=a").status, 400, "a search for one letter")
