from tester import functional


@functional("shows a scan")
def shows(t):
    r = t.get("/scan?name=1911/baptisms.txt")
    t.equal(r.status, 200, "the baptisms of 1911")
    t.contains(r.text, "daughter of the miller", "the text")
    t.contains(t.get("/scan?name=1912%2Fbaptisms.txt").text, "Karl", "the baptisms of 1912")
    t.contains(t.get("/scan?name=1913/letters.txt").text, t.canary("letter"), "a letter that came in today")


@functional("lists a year")
def lists(t):
    t.equal(t.get("/year?year=1911").text, "1911/baptisms.txt\n1911/weddings.txt", "the scans of 1911")
    t.equal(t.get("/year?year=19").status, 400, "a year with two digits")


@functional("says if there is no such scan")
def missing(t):
    t.equal(t.get("/scan?name=1913/baptisms.txt").status, 404, "a year that is not there")
    t.equal(t.get("/scan?name=").status, 400, "no name")
