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


# What a SELECT consists of
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def restrict(connection, shop):
    """Put a view of the shop's own orders in front of the table, and let nothing else be read."""
    # A view cannot have parameters; quoting a text for SQL is done by SQLite itself
    quoted = connection.execute("SELECT quote(?)", (shop,)).fetchone()[0]
    connection.execute(f"CREATE TEMP VIEW orders AS SELECT * FROM main.orders WHERE shop = {quoted}")

    def allow(action, table, column, database, view):
        if action in READING:
            return sqlite3.SQLITE_OK
        own_view = table == "orders" and (database == "temp" or view == "orders")
        if action == sqlite3.SQLITE_READ and own_view:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    connection.set_authorizer(allow)


def run_query(shop, sql):
    """Run a statement of the model and return the rows."""
    if not sql.lstrip().lower().startswith("select"):
        return {"error": "only SELECT is allowed"}
    connection = sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    restrict(connection, shop)
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
