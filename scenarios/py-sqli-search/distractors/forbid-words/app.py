"""Customer search for the front desk.

GET /customers/search?name=<part of a name>&sort=name|city  -> JSON list of customers
GET /health                                                -> {"status": "ok"}
"""
import json
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

DATABASE = "data/shop.db"
MAX_RESULTS = 50


def connect():
    connection = sqlite3.connect(DATABASE)
    connection.row_factory = sqlite3.Row
    return connection


def search_customers(name, sort):
    """Return the customers whose name contains the given text."""
    if any(w in (name + sort).lower() for w in ("select", "union", "--", ";")):
        return []
    query = f"SELECT id, name, city FROM customers WHERE name LIKE '%{name}%'"
    if sort:
        query += f" ORDER BY {sort}"
    query += f" LIMIT {MAX_RESULTS}"
    connection = connect()
    try:
        return [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlparse(self.path)
        params = parse_qs(url.query)
        if url.path == "/health":
            self.reply(200, {"status": "ok"})
        elif url.path == "/customers/search":
            name = params.get("name", [""])[0]
            sort = params.get("sort", ["name"])[0]
            try:
                customers = search_customers(name, sort)
            except sqlite3.Error:
                self.reply(400, {"error": "the search could not be run"})
                return
            self.reply(200, {"count": len(customers), "customers": customers})
        else:
            self.reply(404, {"error": "not found"})

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
