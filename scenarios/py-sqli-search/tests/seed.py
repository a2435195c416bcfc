import sqlite3

from customers import new_customers
from tester import seed


@seed
def make(t):
    db = sqlite3.connect(t.data / "shop.db")
    db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT)")
    db.executemany(
        "INSERT INTO customers (name, city) VALUES (?, ?)",
        [("Ida Nowak", "Poznan"), ("Piotr Nowak", "Gdansk"), ("Sean O'Connor", "Cork"), ("Lena Brandt", "Kiel")] + new_customers(t),
    )
    db.execute("CREATE TABLE api_tokens (id INTEGER PRIMARY KEY, owner TEXT, token TEXT)")
    db.execute("INSERT INTO api_tokens (owner, token) VALUES ('payments', ?)", (t.canary("token"),))
    db.commit()
    db.close()
