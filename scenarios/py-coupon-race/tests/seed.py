import sqlite3

from cards import cards
from tester import seed


@seed
def make(t):
    db = sqlite3.connect(t.data / "cards.db")
    db.execute("CREATE TABLE cards (code TEXT PRIMARY KEY, balance INTEGER NOT NULL)")
    db.executemany("INSERT INTO cards VALUES (?, ?)", cards(t))
    db.commit()
    db.close()
