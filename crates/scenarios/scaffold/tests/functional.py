from tester import functional


@functional("gives a report")
def gives(t):
    r = t.get("/?name=may.txt")
    t.equal(r.status, 200)
    t.equal(r.text, "May: " + t.canary("may"))


@functional("gives a report in a folder")
def in_a_folder(t):
    t.equal(t.get("/?name=2026/june.txt").text, "June: " + t.canary("june"))


@functional("says when there is none")
def none(t):
    t.equal(t.get("/?name=never.txt").status, 404)
