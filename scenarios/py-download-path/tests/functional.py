from reports import new_report
from tester import functional


@functional("lists the reports")
def lists(t):
    t.equal(t.get("/reports").json(), {"reports": ["2025/december.txt", "2026/january.txt", new_report(t)]})


@functional("downloads a report from its folder")
def downloads(t):
    r = t.get("/reports/download?name=" + t.quote("2026/january.txt"))
    t.equal(r.status, 200)
    t.equal(r.text, "January: " + t.canary("january"))
    r = t.get("/reports/download?name=" + t.quote("2025/december.txt"))
    t.equal(r.text, "December: all quiet")


@functional("a report that came today can be downloaded")
def today(t):
    r = t.get("/reports/download?name=" + t.quote(new_report(t)))
    t.equal((r.status, r.text), (200, "New: " + t.canary("new")))


@functional("a report that does not exist is 404")
def missing(t):
    t.equal(t.get("/reports/download?name=2031%2Fjune.txt").status, 404)
    t.equal(t.get("/reports/download?name=2026").status, 404)
