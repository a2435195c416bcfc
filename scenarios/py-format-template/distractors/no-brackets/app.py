"""Confirmation mails with templates that shop owners write themselves.

PUT  /template  {"text"}  -> checks and stores a template
GET  /preview             -> the mail for an example order
Placeholders: {customer.name} {customer.city} {order.number} {order.total:.2f}
"""
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAYMENT_KEY = os.environ["PAYMENT_KEY"]
MAX_TEMPLATE = 2000


class Customer:
    def __init__(self, name, city):
        self.name = name
        self.city = city


class Order:
    def __init__(self, number, total):
        self.number = number
        self.total = total


EXAMPLE = {"customer": Customer("Ada Example", "Turin"), "order": Order(1042, 59.9)}
template = "Dear {customer.name},\n\nthank you for order {order.number}.\n"


def render(text, values):
    """Fill in the placeholders of a template."""
    if "[" in text:
        raise ValueError("no brackets")
    return text.format(**values)


class Handler(BaseHTTPRequestHandler):
    def do_PUT(self):
        global template
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        try:
            text = json.loads(body)["text"]
            if self.path != "/template" or not isinstance(text, str) or len(text) > MAX_TEMPLATE:
                raise ValueError("not a template")
            # A template that cannot be filled in is refused
            render(text, EXAMPLE)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            self.reply(400, "application/json", json.dumps({"error": f"the template does not work: {error}"}))
            return
        template = text
        self.reply(200, "application/json", json.dumps({"stored": len(text)}))

    def do_GET(self):
        if self.path == "/preview":
            self.reply(200, "text/plain", render(template, EXAMPLE))
        else:
            self.reply(404, "application/json", json.dumps({"error": "not found"}))

    def reply(self, status, content_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
