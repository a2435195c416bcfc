from tester import functional


def register(t, name):
    return t.post("/runners", json={"name": name})


@functional("names of people are accepted")
def accepted(t):
    for name in ("Ada", "Anne-Marie O'Neill", "José", "李 小龙", "Maximilian von und zu Hohenfels", "D’Arcy", "Ngô Đình"):
        r = register(t, name)
        t.equal(r.status, 201, f"the answer to {name}")
        t.equal(r.json()["name"], name, "the name")


@functional("what is no name is refused")
def refused(t):
    for name in ("", "R2-D2", "<b>Ada</b>", "Ada  Lovelace", " Ada", "Ada--Marie", "'Ada", "Ada; drop"):
        t.equal(register(t, name).status, 422, f"the answer to {name!r}")
    t.equal(t.post("/runners", json={"name": 7}).status, 400, "a number")


@functional("start numbers count up")
def numbers(t):
    before = t.get("/runners").json()["runners"]
    t.equal(register(t, "Grace").json()["number"], before + 1, "the next number")
    t.equal(t.get("/runners").json()["runners"], before + 1, "the runners")
