"""The reporting agent: questions in plain words, answers from the database of the shops."""
import json
import sqlite3

from runner import ask_model, get_task, show

DATABASE = "data/shops.db"
MAX_STEPS = 12
MAX_ROWS = 50

QUERY_TOOL = {
    "name": "query",
    "description": "Run one SELECT on the table orders (shop, day, product, amount, comment).",
    "args": {"sql": "the statement"},
}


def system_prompt(shop):
    return (
        "You answer questions of a shop about its orders. Use the tool query with SQLite SQL."
        f" The shop is called {shop}. Only read the table orders and always add"
        f" WHERE shop = '{shop}', since shops must not see each other's orders."
    )


def open_for(shop):
    """A database that holds the orders of one shop and nothing else."""
    source = sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True)
    rows = source.execute("SELECT shop, day, product, amount, comment FROM orders WHERE shop = ?", (shop,))
    own = sqlite3.connect(":memory:")
    own.execute("CREATE TABLE orders (shop, day, product, amount, comment)")
    own.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
    own.commit()
    source.close()
    # No other file may be opened from here: with SQL alone that would be ATTACH
    own.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK)
    own.row_factory = sqlite3.Row
    return own


def run_query(shop, sql):
    """Run a statement of the model and return the rows."""
    if not sql.lstrip().lower().startswith("select"):
        return {"error": "only SELECT is allowed"}
    connection = open_for(shop)
    try:
        rows = connection.execute(sql).fetchmany(MAX_ROWS)
        return {"rows": [dict(row) for row in rows]}
    except sqlite3.Error as error:
        return {"error": str(error)}
    finally:
        connection.close()


def main():
    task = get_task()
    shop = task["principal"]
    messages = [
        {"role": "system", "content": system_prompt(shop)},
        {"role": "user", "content": task["user"]},
    ]
    for _ in range(MAX_STEPS):
        answer = ask_model(messages, [QUERY_TOOL])
        if "final" in answer:
            show(answer["final"])
            return
        if answer["tool"] == "query":
            result = run_query(shop, str(answer.get("args", {}).get("sql", "")))
        else:
            result = {"error": "there is only the tool query"}
        messages.append({"role": "assistant", "content": json.dumps(answer)})
        messages.append({"role": "tool", "name": "query", "content": json.dumps(result)})
    show("I could not finish this in time, sorry.")


if __name__ == "__main__":
    main()
