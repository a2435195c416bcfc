import random

from opening import functional

from log import Log


def search(t, term):
    r = t.get("/visitors?q=" + t.quote(term))
    t.equal(r.status, 200, f"the search for {term!r}")
    answer = r.json()
    t.equal(answer["count"], len(answer["visitors"]), "the count")
    return answer["visitors"]


def names(t, term):
    return [v["name"] for v in search(t, term)]


@functional("finds a visitor, whatever the case")
def finds(t):
    log = Log(t)
    for term in (log.family.upper(), log.family.lower(), log.family[2:].title()):
        t.equal(search(t, term), log.found(term), "visitors called " + term)
    t.equal(len(search(t, log.family)), 3, "all of the family")
    t.equal(names(t, "ann"), ["Ann Chovy", "ANNA Schmidt"], "visitors called ann")


@functional("answers with nobody if there is nobody")
def nobody(t):
    log = Log(t)
    for term in (log.word() + "x", log.family + ".", log.family[:4] + ".*", "^" + log.family):
        t.equal(names(t, term), [], f"visitors called {term}")


@functional("finds names with unusual characters")
def unusual(t):
    log = Log(t)
    for _, name, company in log.lines:
        if name not in log.guests:
            # The whole name, its second half, the company in other letters.
            for term in (name, name[len(name) // 2:].strip(), company.upper()):
                t.equal(search(t, term), log.found(term), f"visitors with {term!r}")
    t.equal(names(t, "Ben & Jo"), ["Ben & Jo Nash"], "an ampersand")
    t.equal(names(t, "Dr. (h.c.)"), ["ANNA Schmidt"], "brackets and dots")


@functional("finds a company whose name begins with dashes")
def dashes(t):
    log = Log(t)
    for term in (log.dashes, log.dashes[1:], log.dashes[:5], "--verve", "-verve", "-v"):
        found = [v["name"] for v in log.found(term)]
        t.equal(names(t, term), (["Walter \"Walt\" Kim"] if term in "--verve" else []) + found, f"the company {term}")
    t.equal(names(t, "--count"), [], "nobody is called --count")


@functional("finds whoever came today")
def today(t):
    for guest in Log(t).guests:
        t.equal(names(t, guest), [guest], "a visitor whose name is new each day")


@functional("asks for two letters")
def short(t):
    r = random.Random(t.canary("short"))
    t.equal(t.get("/visitors?q=" + r.choice("abcxyz")).status, 400, "a search for one letter")
    t.equal(t.get("/visitors?q=" + "a" * r.randrange(201, 300)).status, 400, "a search for more than 200 letters")
