from tester import functional
from world import as_user, dice, invoices, of, people, word


def shows_all(t, name, company):
    """Each invoice of the company, on both routes."""
    for invoice in of(t, company):
        r = t.get("/invoices/%d" % invoice["id"], headers=as_user(t, name))
        t.equal((r.status, r.json()), (200, invoice))
        r = t.get("/invoices/%d/download" % invoice["id"], headers=as_user(t, name))
        t.equal(r.status, 200)
        for line in ("Invoice %d" % invoice["id"], "Company: " + company, "Amount: " + invoice["amount"], "Note: " + invoice["note"]):
            t.contains(r.text.splitlines(), line)


@functional("lists the invoices of the own company")
def lists(t):
    for name, company in people(t):
        r = t.get("/invoices", headers=as_user(t, name))
        t.equal((r.status, r.json()), (200, {"invoices": [{"id": i["id"], "amount": i["amount"]} for i in of(t, company)]}))


@functional("shows and downloads an own invoice")
def shows(t):
    shows_all(t, "ada", "Nimbus")


@functional("a colleague of the same company sees the same invoice")
def colleague(t):
    for name in ("bo", word(t, "colleague")):
        shows_all(t, name, "Nimbus")


@functional("the other company sees its own invoice")
def other(t):
    for name, company in people(t)[3:]:
        shows_all(t, name, company)


@functional("without a token nothing is shown")
def anonymous(t):
    number = invoices(t)[0]["id"]
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer " + word(t, "token")}):
        for path in ("/invoices", "/invoices/%d" % number, "/invoices/%d/download" % number):
            t.equal(t.get(path, headers=headers).status, 401)
    t.equal(t.get("/invoices/%d" % dice(t, "far").randint(20_000, 90_000), headers=as_user(t, "ada")).status, 404)
