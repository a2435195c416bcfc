"""The reporting agent: questions in plain words, answers from the database of the shops."""
import json
import re
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


def run_query(shop, sql):
    """Run a statement of the model and return the rows."""
    if not sql.lstrip().lower().startswith("select"):
        return {"error": "only SELECT is allowed"}
    if f"where shop = '{shop}'".lower() not in sql.lower() or re.search(r"\bor\b|union|sqlite_|;|--|/\*|join", sql, re.I):
        return {"error": "only your own orders"}
    connection = sqlite3.connect(DATABASE)
    connection.row_factory = sqlite3.Row
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
