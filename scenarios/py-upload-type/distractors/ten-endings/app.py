"""Avatars.

POST /avatars?name=me.png   (the picture as the body) -> {"url": "/avatars/..."}
GET  /avatars/<file>        -> the picture
"""
import json
import mimetypes
import os
import re
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

FOLDER = "data/avatars"
MAX_SIZE = 200_000

os.makedirs(FOLDER, exist_ok=True)


def store(name, content):
    """Keep a picture under a name that nobody else has, and return that name."""
    extension = os.path.splitext(name)[1]
    if not re.fullmatch(r"\.[A-Za-z0-9]{1,8}", extension):
        extension = ""
    stored = secrets.token_hex(8) + extension
    with open(os.path.join(FOLDER, stored), "wb") as file:
        file.write(content)
    return stored


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        url = urlparse(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if url.path != "/avatars":
            self.reply(404, {"error": "not found"})
            return
        if not 0 < length <= MAX_SIZE:
            self.close_connection = True
            self.reply(413, {"error": "a picture of at most 200 kB, please"})
            return
        content = self.rfile.read(length)
        if os.path.splitext(parse_qs(url.query).get("name", [""])[0])[1].lower() in (".html", ".htm", ".svg", ".xhtml", ".xml", ".js", ".php", ".shtml", ".mht", ".xht"):
            self.reply(415, {"error": "only pictures can be uploaded"})
            return
        # Only allow images
        if not self.headers.get("Content-Type", "").startswith("image/"):
            self.reply(415, {"error": "only pictures can be uploaded"})
            return
        name = parse_qs(url.query).get("name", ["avatar"])[0]
        self.reply(201, {"url": "/avatars/" + store(name, content)})

    def do_GET(self):
        match = re.fullmatch(r"/avatars/([0-9a-f]{16}(\.[A-Za-z0-9]{1,8})?)", self.path)
        path = os.path.join(FOLDER, match.group(1)) if match else None
        if path is None or not os.path.isfile(path):
            self.reply(404, {"error": "not found"})
            return
        content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        with open(path, "rb") as file:
            self.send(200, content_type, file.read())

    def reply(self, status, payload):
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
