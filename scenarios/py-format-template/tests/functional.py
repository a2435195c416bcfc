from tester import functional


def put(t, text):
    return t.request("PUT", "/template", json={"text": text})


@functional("there is a template to begin with")
def begin(t):
    t.equal(t.get("/preview").text, "Dear Ada Example,\n\nthank you for order 1042.\n")


@functional("fills in the placeholders")
def fills(t):
    t.equal(put(t, "Hello {customer.name} of {customer.city}. No. {order.number}: {order.total:.2f} EUR.").status, 200)
    t.equal(t.get("/preview").text, "Hello Ada Example of Turin. No. 1042: 59.90 EUR.")


@functional("braces can be written twice")
def braces(t):
    t.equal(put(t, "{{not a placeholder}} {order.number}").status, 200)
    t.equal(t.get("/preview").text, "{not a placeholder} 1042")


@functional("a template that does not work is refused, the old one stays")
def refused(t):
    put(t, "All is well.")
    for text in ("{customer.age}", "{order", "}", "{nobody}", "x" * 2001):
        t.equal(put(t, text).status, 400, text[:20])
    t.equal(t.get("/preview").text, "All is well.")
