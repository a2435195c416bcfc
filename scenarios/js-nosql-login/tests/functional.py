import random

from tester import functional

FAMILIES = {
    "lin": {"child": "Mei", "group": "Hedgehogs", "mayCollect": ["Lin", "Grandma Xu"], "note": ""},
    "obi": {"child": "Ada", "group": "Foxes", "mayCollect": ["Obi"]},
}


def pickup(t, email, code):
    return t.post("/pickup", json={"email": email, "code": code})


@functional("a parent with the right code sees the child")
def right(t):
    for name, family in FAMILIES.items():
        r = pickup(t, name + "@example.org", t.canary(name))
        t.equal(r.status, 200, "the answer to the right code")
        t.equal(r.json(), {"note": t.canary("note"), **family}, "the answer")


@functional("a wrong code is refused")
def wrong(t):
    r = random.Random(t.canary("wrong"))
    for name, other in (("lin", "obi"), ("obi", "lin")):
        code = t.canary(name)
        at = r.randrange(len(code))
        typo = code[:at] + ("x" if code[at] != "x" else "y") + code[at + 1:]
        for email, given in ((name, "let-me-in"), (name, t.canary(other)), (name, typo), (name, code[:-1]), (name, code + "0"), ("nobody", code)):
            t.equal(pickup(t, email + "@example.org", given).status, 403, "a wrong e-mail or code")


@functional("both fields are needed")
def needed(t):
    t.equal(t.post("/pickup", json={"email": "lin@example.org"}).status, 400, "no code")
    t.equal(t.post("/pickup", json={"code": t.canary("obi")}).status, 400, "no e-mail")
    t.equal(t.post("/pickup", '{"email": ').status, 400, "half a document")


@functional("the screen at the door counts the children")
def door(t):
    for group, children in (("Foxes", 1), ("Hedgehogs", 1), ("Owls " + t.canary("group")[:8], 0)):
        t.equal(t.get("/groups/" + t.quote(group)).json(), {"group": group, "children": children}, "a group")
