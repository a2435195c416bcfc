from tester import functional
from world import as_user, number


@functional("lists the invoices of the own company")
def lists(t):
    r = t.get("/invoices", headers=as_user(t, "ada"))
    t.equal(r.status, 200)
    t.equal(r.json(), {"invoices": [{"id": number(t, 0), "amount": "120.00"}, {"id": number(t, 2), "amount": "75.50"}]})


@functional("shows and downloads an own invoice")
def shows(t):
    r = t.get("/invoices/%d" % number(t, 0), headers=as_user(t, "ada"))
    t.equal((r.status, r.json()["note"]), (200, "chairs"))
    r = t.get("/invoices/%d/download" % number(t, 2), headers=as_user(t, "ada"))
    t.equal(r.status, 200)
    t.contains(r.text, "Invoice %d" % number(t, 2))
    t.contains(r.text, "Amount: 75.50")


@functional("a colleague of the same company sees the same invoice")
def colleague(t):
    r = t.get("/invoices/%d" % number(t, 0), headers=as_user(t, "bo"))
    t.equal((r.status, r.json().get("note")), (200, "chairs"))
    t.equal(t.get("/invoices/%d/download" % number(t, 0), headers=as_user(t, "bo")).status, 200)


@functional("the other company sees its own invoice")
def other(t):
    r = t.get("/invoices/%d" % number(t, 1), headers=as_user(t, "cleo"))
    t.equal((r.status, r.json()["amount"]), (200, "9800.00"))
    for place, name, amount in ((3, "dina", "33.00"), (5, "finn", "55.00")):
        t.equal(t.get("/invoices", headers=as_user(t, name)).json(), {"invoices": [{"id": number(t, place), "amount": amount}]})
        t.contains(t.get("/invoices/%d/download" % number(t, place), headers=as_user(t, name)).text, "Amount: " + amount)


@functional("without a token nothing is shown")
def anonymous(t):
    t.equal(t.get("/invoices").status, 401)
    t.equal(t.get("/invoices/%d" % number(t, 0), headers={"Authorization": "Bearer nonsense"}).status, 401)
    t.equal(t.get("/invoices/4711", headers=as_user(t, "ada")).status, 404)
