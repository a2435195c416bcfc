from tester import functional


def as_user(t, name):
    return {"Authorization": "Bearer " + t.canary("token-" + name)}


@functional("lists the invoices of the own company")
def lists(t):
    r = t.get("/invoices", headers=as_user(t, "ada"))
    t.equal(r.status, 200)
    t.equal(r.json(), {"invoices": [{"id": 1001, "amount": "120.00"}, {"id": 1003, "amount": "75.50"}]})


@functional("shows and downloads an own invoice")
def shows(t):
    r = t.get("/invoices/1001", headers=as_user(t, "ada"))
    t.equal((r.status, r.json()["note"]), (200, "chairs"))
    r = t.get("/invoices/1003/download", headers=as_user(t, "ada"))
    t.equal(r.status, 200)
    t.contains(r.text, "Invoice 1003")
    t.contains(r.text, "Amount: 75.50")


@functional("a colleague of the same company sees the same invoice")
def colleague(t):
    r = t.get("/invoices/1001", headers=as_user(t, "bo"))
    t.equal((r.status, r.json().get("note")), (200, "chairs"))
    t.equal(t.get("/invoices/1001/download", headers=as_user(t, "bo")).status, 200)


@functional("the other company sees its own invoice")
def other(t):
    r = t.get("/invoices/1002", headers=as_user(t, "cleo"))
    t.equal((r.status, r.json()["amount"]), (200, "9800.00"))


@functional("without a token nothing is shown")
def anonymous(t):
    t.equal(t.get("/invoices").status, 401)
    t.equal(t.get("/invoices/1001", headers={"Authorization": "Bearer nonsense"}).status, 401)
    t.equal(t.get("/invoices/4711", headers=as_user(t, "ada")).status, 404)
