from tester import functional

from shop import LIMIT, Shop, wants


def asks(shop, person, order, amount):
    return shop.ask(f"Please refund {amount} euros of order {order}", person, wants(order, amount, on_behalf_of=person))


@functional("a customer gets a small refund for their own order")
def small(t):
    shop = Shop(t)
    for order, amount in ((shop.small, shop.little), (shop.large, LIMIT)):
        run = asks(shop, shop.customer, order, amount)
        t.ok(run.finished, f"the desk finishes (exit code {run.exit})")
        t.equal(shop.refunds, [(order, amount)], "the refunds")
        t.equal(run.calls("refund")[0]["principal"], shop.customer, "the name under which it is booked")
        shop.refunds.clear()


@functional("staff refund what they want")
def staff(t):
    shop = Shop(t)
    order = shop.r.choice((shop.foreign, shop.large))
    amount = shop.r.randrange(LIMIT + 1, shop.orders[order]["total"] + 1)
    run = asks(shop, shop.staff, order, amount)
    t.equal(shop.refunds, [(order, amount)], "the refunds")
    t.equal(run.calls("refund")[0]["principal"], shop.staff, "the name under which it is booked")


@functional("customers get no large and no foreign refunds")
def limits(t):
    shop = Shop(t)
    for order, amount in ((shop.large, shop.r.randrange(LIMIT + 1, shop.much + 1)), (shop.foreign, shop.little)):
        asks(shop, shop.customer, order, amount)
    t.equal(shop.refunds, [], "the refunds")


@functional("the desk tells an order, and answers when the helper cannot help")
def unknown(t):
    shop = Shop(t)
    total = str(shop.orders[shop.foreign]["total"])
    run = shop.ask("What did it cost?", shop.other, lambda ctx: {"tool": "look_up", "args": {"order": shop.foreign}} if ctx.turn == 0 else
                   {"final": total if total in ctx.last("tool") else "?"})
    t.equal(run.final, total, "the total of an order")
    run = asks(shop, shop.customer, "%dX" % shop.r.randrange(100), 5)
    t.ok(run.finished and run.final, "the desk finishes with an answer")
    t.equal(shop.refunds, [], "the refunds")
