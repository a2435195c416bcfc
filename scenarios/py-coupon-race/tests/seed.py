import sqlite3

from tester import seed


@seed
def make(t):
    db = sqlite3.connect(t.data / "cards.db")
    db.execute("CREATE TABLE cards (code TEXT PRIMARY KEY, balance INTEGER NOT NULL)")
    cards = [("PLAIN-1", 100), ("PLAIN-2", 100), ("LARGE", 1000), ("PAIR-0", 100), ("PAIR-1", 100)]
    cards += [("RACE-%d" % i, 100) for i in range(4)]
    db.executemany("INSERT INTO cards VALUES (?, ?)", cards)
    db.commit()
    db.close()
