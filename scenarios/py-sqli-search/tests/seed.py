import sqlite3

from customers import customers, table
from tester import seed


@seed
def make(t):
    db = sqlite3.connect(t.data / "shop.db")
    db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT)")
    db.executemany("INSERT INTO customers (name, city) VALUES (?, ?)", customers(t))
    db.execute("CREATE TABLE %s (id INTEGER PRIMARY KEY, owner TEXT, token TEXT)" % table(t))
    db.execute("INSERT INTO %s (owner, token) VALUES ('payments', ?)" % table(t), (t.canary("token"),))
    db.commit()
    db.close()
