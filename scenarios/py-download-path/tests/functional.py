from reports import dice, new_reports, reports, word
from opening import functional


def download(t, name):
    return t.get("/reports/download?name=" + t.quote(name))


@functional("lists the reports")
def lists(t):
    t.equal(t.get("/reports").json(), {"reports": sorted(name for name, _ in reports(t))})


@functional("downloads a report from its folder")
def downloads(t):
    for name, text in reports(t)[:2]:
        r = download(t, name)
        t.equal((r.status, r.text), (200, text))


@functional("a report that came today can be downloaded")
def today(t):
    for name, text in new_reports(t):
        r = download(t, name)
        t.equal((r.status, r.text), (200, text))


@functional("a report that does not exist is 404")
def missing(t):
    year = new_reports(t)[0][0].partition("/")[0]
    for name in ("2031/june.txt", "2026", year, "%s/%s.txt" % (year, word(t, "missing")), "%d/%s.txt" % (dice(t, "far").randint(2100, 2900), word(t, "missing"))):
        t.equal(download(t, name).status, 404)
