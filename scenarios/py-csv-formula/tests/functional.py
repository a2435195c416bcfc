from fresh import dice, person, shown, table, word
from tester import functional


def phone(t, name, begin=""):
    chance = dice(t, "phone " + name)
    return begin + "%d %d %03d-%02d" % (chance.randint(20, 99), chance.randint(20, 999), chance.randint(0, 999), chance.randint(0, 99))


def sign_up(t, name, phone="", remark=""):
    r = t.post("/signups", json={"name": name, "phone": phone, "remark": remark})
    t.equal(r.status, 201)
    return r.json()["number"]


def kept_as_typed(t, *fields):
    number = sign_up(t, *fields)
    row = table(t)[number]
    t.equal([shown(cell) for cell in row[:4]] + row[4:], [str(number), *fields, "-15"])


@functional("exports what people have signed")
def exports(t):
    people = [(person(t, str(i)), phone(t, str(i)), word(t, "remark %d" % i)) for i in range(dice(t, "people").randint(2, 5))]
    for i, fields in enumerate(people):
        t.equal(sign_up(t, *fields), i + 1)
    head, *rows = table(t)
    t.equal(head, ["number", "name", "phone", "remark", "balance"])
    t.equal([[shown(cell) for cell in row[:4]] + row[4:] for row in rows], [[str(i + 1), *fields, "-15"] for i, fields in enumerate(people)])


@functional("commas, quotes and line breaks stay in their cell")
def commas(t):
    kept_as_typed(t, '%s "%s" Ray, Jr.' % (person(t, "a"), word(t, "b")), "", "%s\nlines, and \u00e9 %s" % (word(t, "c"), word(t, "d")))


@functional("telephone numbers and remarks are kept")
def kept(t):
    kept_as_typed(t, "Anna-" + person(t, "lena"), phone(t, "abroad", "+"), "-- %s --" % word(t, "none"))
    kept_as_typed(t, person(t, "other"), phone(t, "other", "+"), "@%s = %s" % (word(t, "at"), word(t, "equals")))
    kept_as_typed(t, person(t, "third"), "-" + phone(t, "third"), "%s-%s+%d=?" % (word(t, "p"), word(t, "q"), dice(t, "r").randint(2, 99)))


@functional("our own numbers stay numbers")
def numbers(t):
    for row in table(t)[1:]:
        t.equal(row[4], "-15")
    t.equal(t.post("/signups", json={"name": ""}).status, 400)
