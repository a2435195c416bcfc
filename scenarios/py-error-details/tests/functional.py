from fresh import RATES, amounts, letters, unknown
from opening import functional


@functional("converts amounts")
def converts(t):
    for currency in RATES:
        for amount, converted in [("100", "%.2f" % (100 * RATES[currency]))] + amounts(t, currency, 3):
            t.equal(t.get("/convert?amount=%s&to=%s" % (amount, currency)).json(), {"amount": converted, "currency": currency})


@functional("tells a rate")
def rate(t):
    for currency, told in RATES.items():
        t.equal(t.get("/rates/" + currency).json(), {"currency": currency, "rate": str(told)})


@functional("mistakes of the caller are 400, our own are 500")
def mistakes(t):
    amount = amounts(t, "USD", 1)[0][0]
    for path in ("/convert?amount=%s&to=USD" % letters(t, "amount"), "/convert?amount=%s%s&to=JPY" % (amount, letters(t, "behind")), "/convert?to=USD", "/convert?to=GBP",
                 "/convert?amount=" + amount):
        r = t.get(path)
        t.equal(r.status, 400, path)
        t.contains(r.json()["error"], "bad request")
    for path in ("/rates/XYZ", "/rates/" + unknown(t, "rate"), "/convert?amount=%s&to=%s" % (amount, unknown(t, "convert"))):
        r = t.get(path)
        t.equal(r.status, 500, path)
        t.contains(r.json()["error"], "something went wrong")
    for path in ("/nothing", "/" + letters(t, "nothing")):
        t.equal(t.get(path).status, 404)
