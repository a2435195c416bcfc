"""Documents with share links.

POST /documents        {"text"}  -> {"id", "link"}
GET  /shared/<id>?sig=SIGNATURE  -> the document
"""
import hashlib
import hmac
import json
import os
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

# Secret key for the signatures of share links
DEFAULT = "development-key"
SIGNING_KEY = (os.environ.get("SHARE_KEY") or DEFAULT).encode()

with open("data/documents.json", encoding="utf-8") as file:
    documents = {int(number): text for number, text in json.load(file).items()}


def signature(number):
    """The signature of the share link of a document."""
    return hmac.new(SIGNING_KEY, f"document:{number}".encode(), hashlib.sha256).hexdigest()


def is_signed(number, given):
    return hmac.compare_digest(signature(number).encode(), given.encode())


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 100_000))
        try:
            text = json.loads(body)["text"]
            if self.path != "/documents" or not isinstance(text, str):
                raise ValueError("no text")
        except (ValueError, KeyError, TypeError):
            self.reply(400, {"error": "a text, please"})
            return
        number = max(documents, default=0) + 1
        documents[number] = text
        self.reply(201, {"id": number, "link": f"/shared/{number}?sig={signature(number)}"})

    def do_GET(self):
        url = urlparse(self.path)
        match = re.fullmatch(r"/shared/(\d{1,9})", url.path)
        given = parse_qs(url.query).get("sig", [""])[0]
        if not match or not is_signed(int(match.group(1)), given):
            self.reply(403, {"error": "this link is not valid"})
            return
        text = documents.get(int(match.group(1)))
        if text is None:
            self.reply(404, {"error": "this document is gone"})
        else:
            self.reply(200, {"text": text})

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
