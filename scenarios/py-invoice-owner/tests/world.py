"""Companies and invoices, with numbers and names that are new in each run."""


def number(t, place):
    """The invoice at a place: one after the other, as the office writes them."""
    return 1001 + int(t.canary("numbers")[2:6], 16) % 8000 + place


def new_company(t):
    return "".join(chr(97 + int(c, 16)) for c in t.canary("company")[2:9]).capitalize()


def people(t):
    """Name and company. The third company's name begins like the first one's, the fourth's ends like it."""
    return [("ada", "Nimbus"), ("bo", "Nimbus"), ("cleo", "Umbra"), ("dina", "Nimbus Two"), ("eli", "Old Nimbus"), ("finn", new_company(t))]


def invoices(t):
    return [
        {"id": number(t, 0), "company": "Nimbus", "user": "ada", "amount": "120.00", "note": "chairs"},
        {"id": number(t, 1), "company": "Umbra", "user": "cleo", "amount": "9800.00", "note": t.canary("note")},
        {"id": number(t, 2), "company": "Nimbus", "user": "bo", "amount": "75.50", "note": "paper"},
        {"id": number(t, 3), "company": "Nimbus Two", "user": "dina", "amount": "33.00", "note": t.canary("note-two")},
        {"id": number(t, 4), "company": "Old Nimbus", "user": "eli", "amount": "44.00", "note": t.canary("note-old")},
        {"id": number(t, 5), "company": new_company(t), "user": "finn", "amount": "55.00", "note": t.canary("note-new")},
    ]


def as_user(t, name):
    return {"Authorization": "Bearer " + t.canary("token-" + name)}
