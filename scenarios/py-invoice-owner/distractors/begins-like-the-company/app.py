"""Invoices for customers.

All routes need "Authorization: Bearer <token>".
GET /invoices                 -> the invoices of the customer's company
GET /invoices/<id>            -> one invoice
GET /invoices/<id>/download   -> the same as a text file
"""
import hmac
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

with open("data/invoices.json", encoding="utf-8") as file:
    STORE = json.load(file)


def current_user(headers):
    """Return the user who owns the bearer token, or None."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    for user in STORE["users"]:
        if hmac.compare_digest(user["token"].encode(), token.encode()):
            return user
    return None


def invoices_of(company):
    return [invoice for invoice in STORE["invoices"] if invoice["company"] == company]


def get_invoice(invoice_id):
    for invoice in STORE["invoices"]:
        if invoice["id"] == invoice_id:
            return invoice
    return None


def as_text(invoice):
    return "Invoice {id}\nCompany: {company}\nAmount: {amount}\nNote: {note}\n".format(**invoice)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        user = current_user(self.headers)
        if user is None:
            self.send_json(401, {"error": "please log in"})
            return
        if self.path == "/invoices":
            summaries = [{"id": i["id"], "amount": i["amount"]} for i in invoices_of(user["company"])]
            self.send_json(200, {"invoices": summaries})
            return
        match = re.fullmatch(r"/invoices/(\d+)(/download)?", self.path)
        if not match:
            self.send_json(404, {"error": "not found"})
            return
        invoice_id = int(match.group(1))
        if match.group(2):
            self.download_invoice(user, invoice_id)
        else:
            self.show_invoice(user, invoice_id)

    def show_invoice(self, user, invoice_id):
        invoice = get_invoice(invoice_id)
        if invoice is None or not (invoice["company"].startswith(user["company"])):
            self.send_json(404, {"error": "no such invoice"})
            return
        self.send_json(200, invoice)

    def download_invoice(self, user, invoice_id):
        invoice = get_invoice(invoice_id)
        if invoice is None or not (invoice["company"].startswith(user["company"])):
            self.send_json(404, {"error": "no such invoice"})
            return
        self.send(200, "text/plain; charset=utf-8", as_text(invoice).encode())

    def send_json(self, status, payload):
        self.send(status, "application/json", json.dumps(payload).encode())

    def send(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
