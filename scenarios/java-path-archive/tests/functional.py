from opening import functional

from archive import Archive


@functional("shows a scan")
def shows(t):
    for name, text in Archive(t).scans.items():
        r = t.get("/scan?name=" + t.quote(name))
        t.equal(r.status, 200, "the scan " + name)
        t.equal(r.text, text, "its text")
    name = next(iter(Archive(t).scans))
    t.equal(t.get("/scan?name=" + name).text, Archive(t).scans[name], "a name whose slash is not encoded")


@functional("lists a year")
def lists(t):
    archive = Archive(t)
    for year in ["1911", *archive.years[:-1]]:
        t.equal(t.get("/year?year=" + year).text, "\n".join(sorted(name for name in archive.scans if name.startswith(year))), "the scans of " + year)
    t.equal(t.get("/year?year=" + archive.years[-1]).status, 404, "a year of which nothing is there")
    for year in ("19", "%d" % archive.r.randrange(10_000, 99_999), "19x%d" % archive.r.randrange(10)):
        t.equal(t.get("/year?year=" + year).status, 400, "not four digits")


@functional("says if there is no such scan")
def missing(t):
    archive = Archive(t)
    t.equal(t.get("/scan?name=%s/baptisms.txt" % archive.years[-1]).status, 404, "a year that is not there")
    t.equal(t.get("/scan?name=%s/nothing%d.txt" % (archive.years[0], archive.r.randrange(1000))).status, 404, "a scan that is not there")
    t.equal(t.get("/scan?name=").status, 400, "no name")
