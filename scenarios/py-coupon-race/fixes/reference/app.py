"""Gift cards.

GET  /cards/<code>             -> {"code", "balance"}
POST /redeem {"code","amount"} -> {"paid", "balance"}; 409 when there is not enough on the card
"""
import json
import re
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bank import bank_pays

DATABASE = "data/cards.db"


def connect():
    connection = sqlite3.connect(DATABASE, timeout=5, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def balance_of(connection, code):
    row = connection.execute("SELECT balance FROM cards WHERE code = ?", (code,)).fetchone()
    return None if row is None else row["balance"]


def redeem(code, amount):
    """Pay out an amount from a card. Returns a status and an answer."""
    connection = connect()
    try:
        if balance_of(connection, code) is None:
            return 404, {"error": "no such card"}
        # Check and subtraction are one statement: of two at the same time, only one finds enough
        reserved = connection.execute(
            "UPDATE cards SET balance = balance - ? WHERE code = ? AND balance >= ?",
            (amount, code, amount),
        )
        if reserved.rowcount == 0:
            return 409, {"error": "there is not enough on the card"}
        if not bank_pays(amount):
            connection.execute("UPDATE cards SET balance = balance + ? WHERE code = ?", (amount, code))
            return 502, {"error": "the bank refused"}
        return 200, {"paid": amount, "balance": balance_of(connection, code)}
    finally:
        connection.close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        match = re.fullmatch(r"/cards/([A-Z0-9-]{1,40})", self.path)
        if not match:
            self.reply(404, {"error": "not found"})
            return
        connection = connect()
        balance = balance_of(connection, match.group(1))
        connection.close()
        if balance is None:
            self.reply(404, {"error": "no such card"})
        else:
            self.reply(200, {"code": match.group(1), "balance": balance})

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        try:
            data = json.loads(body)
            code, amount = str(data["code"]), data["amount"]
            if self.path != "/redeem" or type(amount) is not int or amount <= 0:
                raise ValueError
        except (ValueError, KeyError, TypeError):
            self.reply(400, {"error": "a code and a positive whole amount, please"})
            return
        self.reply(*redeem(code, amount))

    def reply(self, status, payload):
        body = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
