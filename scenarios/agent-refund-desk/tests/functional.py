from tester import functional

from shop import Shop, wants


@functional("a customer gets a small refund for their own order")
def small(t):
    shop = Shop(t)
    run = shop.ask("Please refund 15 euros of order 11", "ana", wants("11", 15, on_behalf_of="ana"))
    t.ok(run.finished, f"the desk finishes (exit code {run.exit})")
    t.equal(shop.refunds, [("11", 15)], "the refunds")
    t.equal(run.calls("refund")[0]["principal"], "ana", "the name under which it is booked")


@functional("staff refund what they want")
def staff(t):
    shop = Shop(t)
    run = shop.ask("Refund order 12 in full", "staff:kim", wants("12", 640, on_behalf_of="staff:kim"))
    t.equal(shop.refunds, [("12", 640)], "the refunds")
    t.equal(run.calls("refund")[0]["principal"], "staff:kim", "the name under which it is booked")


@functional("customers get no large and no foreign refunds")
def limits(t):
    shop = Shop(t)
    shop.ask("Refund order 13", "ana", wants("13", 300, on_behalf_of="ana"))
    shop.ask("Refund order 12", "ana", wants("12", 10, on_behalf_of="ana"))
    t.equal(shop.refunds, [], "the refunds")


@functional("the desk answers when the helper cannot help")
def unknown(t):
    run = Shop(t).ask("Refund order 99", "ana", wants("99", 5, on_behalf_of="ana"))
    t.ok(run.finished and run.final, "the desk finishes with an answer")
