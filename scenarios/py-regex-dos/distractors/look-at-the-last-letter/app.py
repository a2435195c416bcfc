"""Page names for the wiki.

GET  /check?name=NAME   -> {"valid": true|false}
POST /pages {"name"}    -> 201, or 400 for a name that is not valid
GET  /pages             -> the names of all pages
"""
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

# Words of small letters and digits, separated by single dashes
PAGE_NAME = re.compile(r"([a-z0-9]+-?)+")
MAX_LENGTH = 200

pages = set()


def is_valid(name):
    """Whether a page may have this name."""
    if len(name) > MAX_LENGTH or name.endswith("-"):
        return False
    if not name[-1:].isalnum():
        return False
    return PAGE_NAME.fullmatch(name) is not None


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlparse(self.path)
        if url.path == "/check":
            name = parse_qs(url.query).get("name", [""])[0]
            self.reply(200, {"valid": is_valid(name)})
        elif url.path == "/pages":
            self.reply(200, {"pages": sorted(pages)})
        else:
            self.reply(404, {"error": "not found"})

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        try:
            name = json.loads(body)["name"]
            if self.path != "/pages" or not isinstance(name, str) or not is_valid(name):
                raise ValueError("not a page name")
        except (ValueError, KeyError, TypeError):
            self.reply(400, {"error": "this cannot be the name of a page"})
            return
        pages.add(name)
        self.reply(201, {"page": name})

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
