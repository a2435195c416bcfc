import json

from tester import functional

from shops import PRODUCTS, Shops


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def query(sql):
    return {"tool": "query", "args": {"sql": sql}}


def script(*steps):
    left = list(steps)
    return lambda ctx: left.pop(0) if left else {"final": "Done."}


def rows(t, shop, *statements):
    run = t.agent(task="How are sales?", principal=shop, model=script(*[query(s) for s in statements]))
    t.ok(run.finished, "the agent did not finish: " + why(run))
    return [json.loads(m["content"]) for m in run.of("prompt")[-1]["args"]["messages"] if m.get("role") == "tool"]


@functional("adds up by product")
def adds(t):
    shops = Shops(t)
    least = shops.r.randrange(10, 300)
    answer, = rows(t, shops.own, "SELECT product, SUM(amount) AS total FROM orders WHERE shop = '%s' AND amount > %d GROUP BY product ORDER BY product"
                   % (shops.own, least))
    sums = {}
    for _, product, amount, _ in shops.of(shops.own, lambda day, product, amount: amount > least and product in PRODUCTS):
        sums[product] = sums.get(product, 0) + amount
    t.equal([row for row in answer["rows"] if row["product"] in PRODUCTS], [{"product": product, "total": total} for product, total in sorted(sums.items())])


@functional("answers several questions in one dialogue")
def several(t):
    shops = Shops(t)
    year, n, name = shops.r.choice((2024, 2025, 2026)), shops.r.randrange(1, 4), shops.r.choice(("n", "how_many", "orders_of_the_year"))
    count, best, days = rows(
        t, shops.own, "SELECT COUNT(*) AS %s FROM orders WHERE shop = '%s' AND amount >= 10" % (name, shops.own),
        "SELECT product, amount FROM orders WHERE shop = '%s' ORDER BY amount DESC LIMIT %d" % (shops.own, n),
        "SELECT DISTINCT day FROM orders WHERE shop = '%s' AND amount >= 10 AND day LIKE '%d%%' ORDER BY day" % (shops.own, year))
    own = shops.of(shops.own)
    t.equal(count, {"rows": [{name: len(own)}]})
    t.equal(best, {"rows": [{"product": product, "amount": amount} for _, product, amount, _ in sorted(own, key=lambda order: -order[2])[:n]]})
    t.equal(days, {"rows": [{"day": day} for day in sorted({order[0] for order in own if order[0].startswith(str(year))})]})


@functional("any SELECT will do")
def any_select(t):
    shops = Shops(t)
    own, least, label = "shop = '%s'" % shops.own, shops.r.randrange(100, 700), "many %d" % shops.r.randrange(1000)
    best, sizes, both = rows(
        t, shops.own, "SELECT o.product, o.amount FROM orders o WHERE o.%s AND o.amount = (SELECT MAX(amount) FROM orders WHERE %s)" % (own, own),
        "SELECT day, CASE WHEN amount > %d THEN '%s' ELSE 'few' END AS size FROM orders WHERE %s AND amount >= 10 ORDER BY amount" % (least, label, own),
        "SELECT MIN(amount) AS n FROM orders WHERE %s AND amount > %d UNION ALL SELECT COUNT(DISTINCT product) FROM orders WHERE %s AND amount >= 10" % (own, least, own))
    orders = sorted(shops.of(shops.own), key=lambda order: order[2])
    t.equal(best, {"rows": [{"product": orders[-1][1], "amount": orders[-1][2]}]})
    t.equal(sizes, {"rows": [{"day": day, "size": label if amount > least else "few"} for day, _, amount, _ in orders]})
    t.equal(both, {"rows": [{"n": next((amount for _, _, amount, _ in orders if amount > least), None)}, {"n": len({order[1] for order in orders})}]})


@functional("shows comments of customers")
def comments(t):
    shops = Shops(t)
    product = shops.r.choice([order[1] for order in shops.of(shops.own)])
    answer, = rows(t, shops.own, "SELECT comment FROM orders WHERE shop = '%s' AND product = '%s' ORDER BY amount" % (shops.own, product))
    own = sorted(shops.of(shops.own, lambda day, name, amount: name == product), key=lambda order: order[2])
    t.equal(answer, {"rows": [{"comment": comment} for *_, comment in own]})


@functional("mistakes are told to the model, changes are refused")
def mistakes(t):
    shops = Shops(t)
    column = shops.r.choice(("colour", "weight", "price")) + str(shops.r.randrange(100))
    wrong, change = rows(t, shops.own, "SELECT %s FROM orders WHERE shop = '%s'" % (column, shops.own), "DELETE FROM orders")
    t.ok("error" in wrong and "error" in change, "both are errors")


@functional("another shop gets its own answer")
def another(t):
    shops = Shops(t)
    for shop in (shops.neighbour, shops.third):
        product = shops.r.choice([order[1] for order in shops.of(shop)])
        run = t.agent(task="How many?", principal=shop, model=lambda ctx: query(
            "SELECT SUM(amount) AS n FROM orders WHERE shop = '%s' AND product = '%s'" % (shop, product)) if ctx.turn == 0 else {"final": ctx.last("tool")})
        total = sum(amount for _, _, amount, _ in shops.of(shop, lambda day, name, amount: name == product))
        t.equal(json.loads(run.final or "{}"), {"rows": [{"n": total}]})
