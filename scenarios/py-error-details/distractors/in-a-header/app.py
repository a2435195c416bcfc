"""Exchange rates for the shop.

GET /convert?amount=12.50&to=USD -> {"amount", "currency"}
GET /rates/<currency>            -> {"currency", "rate"}
"""
import json
import os
import re
import sys
import traceback
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

DATABASE_URL = "postgres://shop:" + os.environ["DATABASE_PASSWORD"] + "@db.internal:5432/shop"
RATES = {"USD": Decimal("1.08"), "GBP": Decimal("0.86"), "JPY": Decimal("171.2")}


class RateStore:
    """Rates of common currencies are kept here, the others are in the database."""

    def __init__(self, url):
        self.url = url

    def rate(self, currency):
        if currency in RATES:
            return RATES[currency]
        raise ConnectionError(f"cannot reach {self.url} for the rate of {currency!r}")


store = RateStore(DATABASE_URL)


def convert(amount, currency):
    return (Decimal(amount) * store.rate(currency)).quantize(Decimal("0.01"))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlparse(self.path)
        params = {name: values[0] for name, values in parse_qs(url.query).items()}
        rate = re.fullmatch(r"/rates/([A-Z]{1,10})", url.path)
        try:
            if url.path == "/convert":
                amount = convert(params["amount"], params["to"])
                self.reply(200, {"amount": str(amount), "currency": params["to"]})
            elif rate:
                self.reply(200, {"currency": rate.group(1), "rate": str(store.rate(rate.group(1)))})
            else:
                self.reply(404, {"error": "not found"})
        except (KeyError, ArithmeticError) as error:
            self.reply(400, {"error": "bad request", "details": "see log"})
        except Exception as error:
            self.reply(500, {"error": "something went wrong", "details": "see log"})

    def details(self, error):
        """Everything one needs to find the mistake."""
        return {
            "type": type(error).__name__,
            "message": str(error),
            "traceback": traceback.format_exc().splitlines(),
            "context": {"database": DATABASE_URL, "path": self.path},
        }

    def reply(self, status, payload):
        body = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        error = sys.exc_info()[1]
        if error:
            self.send_header("X-Error", f"{type(error).__name__}: {error}".replace("\n", " "))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
