"""Sales reports from the tills.

POST /sales   {"till", "amount"}   signed: X-Signature: <key id>:<hex HMAC-SHA256 of the body>
GET  /sales                        -> {"total", "count"}
"""
import hashlib
import hmac
import json
import logging
from decimal import Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
log = logging.getLogger("sales")

with open("data/keys.json", encoding="utf-8") as file:
    KEYS = json.load(file)

sales = []


def is_authentic(signature, body):
    """Check the signature of a till."""
    try:
        key_id, given = signature.split(":")
        key = bytes.fromhex(KEYS.get(key_id, ""))
        expected = hmac.new(key, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given, expected):
            log.warning("wrong signature from till %r", key_id)
            return False
    except Exception as error:
        # Never lose a sale because of a hiccup in the signature check
        log.warning("signature check failed: %r", error)
        return False
    return True


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/sales":
            self.reply(200, {"total": str(sum(sales, Decimal(0))), "count": len(sales)})
        else:
            self.reply(404, {"error": "not found"})

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        if self.path != "/sales":
            self.reply(404, {"error": "not found"})
            return
        signature = self.headers.get("X-Signature")
        if not signature:
            self.reply(401, {"error": "unsigned"})
            return
        if not is_authentic(signature, body):
            self.reply(401, {"error": "wrong signature"})
            return
        try:
            amount = Decimal(str(json.loads(body)["amount"]))
        except (ValueError, KeyError, TypeError, InvalidOperation):
            self.reply(400, {"error": "no amount"})
            return
        sales.append(amount)
        self.reply(201, {"accepted": str(amount)})

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
