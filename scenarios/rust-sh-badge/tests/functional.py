from tester import functional

RULE = "+-------------------------\n"


def badge(t, name, city):
    r = t.get(f"/badge?name={t.quote(name)}&city={t.quote(city)}")
    t.equal(r.status, 200, f"the badge for {name!r}")
    return r.text


@functional("prints a badge")
def prints(t):
    t.equal(badge(t, "Ada", "London"), f"{RULE}| Ada\n| London\n{RULE}", "Ada's badge")


@functional("names are printed as they are written")
def written(t):
    for name, city in (("Zoe & Sons", "Paris (Texas)"), ("Li; Wei", "Xi-an"), ("50% off", "* <Roma> *"), ("O'Brien", "100 %s"), ("!!", "~")):
        t.equal(badge(t, name, city), f"{RULE}| {name}\n| {city}\n{RULE}", f"the badge for {name!r}")


@functional("every guest is printed")
def every(t):
    for number in range(3):
        name, city = t.canary("guest-%d" % number)[:20], t.canary("city-%d" % number)[:15]
        t.equal(badge(t, name, city), f"{RULE}| {name}\n| {city}\n{RULE}", "the badge of a guest whose name nobody knew before")


@functional("long names are folded")
def folded(t):
    text = badge(t, "Maria Teresa del Carmen Hernandez", "Cartagena")
    t.equal(text, f"{RULE}| Maria Teresa del Carmen \n| Hernandez\n| Cartagena\n{RULE}", "the long badge")


@functional("a badge needs a name")
def needs(t):
    t.equal(t.get("/badge?city=Rome").status, 400, "no name")
    t.equal(t.get("/other").status, 404, "another path")
