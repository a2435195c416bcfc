from tester import functional


@functional("converts amounts")
def converts(t):
    t.equal(t.get("/convert?amount=12.50&to=USD").json(), {"amount": "13.50", "currency": "USD"})
    t.equal(t.get("/convert?amount=100&to=JPY").json(), {"amount": "17120.00", "currency": "JPY"})


@functional("tells a rate")
def rate(t):
    t.equal(t.get("/rates/GBP").json(), {"currency": "GBP", "rate": "0.86"})


@functional("mistakes of the caller are 400, our own are 500")
def mistakes(t):
    for path in ("/convert?amount=ten&to=USD", "/convert?to=USD"):
        r = t.get(path)
        t.equal(r.status, 400, path)
        t.contains(r.json()["error"], "bad request")
    r = t.get("/rates/XYZ")
    t.equal(r.status, 500)
    t.contains(r.json()["error"], "something went wrong")
    t.equal(t.get("/nothing").status, 404)
