import csv
import io

from tester import functional


def table(t):
    return list(csv.reader(io.StringIO(t.get("/signups.csv").text)))


def shown(cell):
    """What a spreadsheet shows for a cell: a leading apostrophe marks a text and is not shown."""
    return cell[1:] if cell.startswith("'") else cell


def sign_up(t, name, phone="", remark=""):
    r = t.post("/signups", json={"name": name, "phone": phone, "remark": remark})
    t.equal(r.status, 201)
    return r.json()["number"]


@functional("exports what people have signed")
def exports(t):
    t.equal(sign_up(t, "Bo Chen", "030 123", "vegetarian"), 1)
    head, row = table(t)
    t.equal(head, ["number", "name", "phone", "remark", "balance"])
    t.equal([shown(cell) for cell in row[:4]] + row[4:], ["1", "Bo Chen", "030 123", "vegetarian", "-15"])


@functional("commas, quotes and line breaks stay in their cell")
def commas(t):
    number = sign_up(t, 'Dee "Dot" Ray, Jr.', "", "two\nlines, and \u00e9")
    row = [shown(cell) for cell in table(t)[number]]
    t.equal(row[1:4], ['Dee "Dot" Ray, Jr.', "", "two\nlines, and \u00e9"])


@functional("telephone numbers and remarks are kept")
def kept(t):
    number = sign_up(t, "Anna-Lena", "+49 30 123-45", "-- none --")
    row = [shown(cell) for cell in table(t)[number][:4]]
    t.equal(row, [str(number), "Anna-Lena", "+49 30 123-45", "-- none --"])


@functional("our own numbers stay numbers")
def numbers(t):
    for row in table(t)[1:]:
        t.equal(row[4], "-15")
    t.equal(t.post("/signups", json={"name": ""}).status, 400)
