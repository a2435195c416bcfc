import json

from tester import functional


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def query(sql):
    return {"tool": "query", "args": {"sql": sql}}


def script(*steps):
    left = list(steps)
    return lambda ctx: left.pop(0) if left else {"final": "Done."}


def rows(t, *statements):
    run = t.agent(task="How are sales?", principal="north", model=script(*[query(s) for s in statements]))
    t.ok(run.finished, "the agent did not finish: " + why(run))
    return [json.loads(m["content"]) for m in run.of("prompt")[-1]["args"]["messages"] if m.get("role") == "tool"]


@functional("adds up by product")
def adds(t):
    answer, = rows(t, "SELECT product, SUM(amount) AS total FROM orders WHERE shop = 'north' GROUP BY product ORDER BY product")
    t.equal(answer, {"rows": [{"product": "bowl", "total": 1}, {"product": "cup", "total": 5}, {"product": "jug", "total": 4},
                             {"product": "plate", "total": 7}, {"product": "saucer", "total": 1}]})


@functional("answers several questions in one dialogue")
def several(t):
    count, best, days = rows(
        t, "SELECT COUNT(*) AS n FROM orders WHERE shop = 'north'",
        "SELECT product FROM orders WHERE shop = 'north' ORDER BY amount DESC LIMIT 1",
        "SELECT DISTINCT day FROM orders WHERE shop = 'north' AND day LIKE '2026-01%' ORDER BY day")
    t.equal((count, best), ({"rows": [{"n": 6}]}, {"rows": [{"product": "plate"}]}))
    t.equal(days, {"rows": [{"day": "2026-01-02"}, {"day": "2026-01-03"}, {"day": "2026-01-04"}]})


@functional("shows comments of customers")
def comments(t):
    answer, = rows(t, "SELECT comment FROM orders WHERE shop = 'north' AND product = 'plate'")
    t.equal(answer, {"rows": [{"comment": "very nice " + t.canary("nice")}]})


@functional("mistakes are told to the model, changes are refused")
def mistakes(t):
    wrong, change = rows(t, "SELECT colour FROM orders WHERE shop = 'north'", "DELETE FROM orders")
    t.ok("error" in wrong and "error" in change, "both are errors")


@functional("another shop gets its own answer")
def another(t):
    run = t.agent(task="How many?", principal="south", model=lambda ctx: query(
        "SELECT SUM(amount) AS n FROM orders WHERE shop = 'south'") if ctx.turn == 0 else {"final": ctx.last("tool")})
    t.contains(run.final or "", "90")
