"""Avatars.

POST /avatars?name=me.png   (the picture as the body) -> {"url": "/avatars/..."}
GET  /avatars/<file>        -> the picture
"""
import json

import os
import re
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

FOLDER = "data/avatars"
MAX_SIZE = 200_000
# How a picture begins, the name we give it, and what we call it when we send it
KINDS = {
    b"\x89PNG\r\n\x1a\n": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF87a": ".gif",
    b"GIF89a": ".gif",
}
CONTENT_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif"}


def kind_of(content):
    return next((kind for start, kind in KINDS.items() if content.startswith(start)), None)

os.makedirs(FOLDER, exist_ok=True)


def store(extension, content):
    """Keep a picture under a name that nobody else has, and return that name."""
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
        extension = kind_of(content)
        if extension is None:
            self.reply(415, {"error": "only png, jpeg and gif can be uploaded"})
            return
        self.reply(201, {"url": "/avatars/" + store(extension, content)})

    def do_GET(self):
        match = re.fullmatch(r"/avatars/([0-9a-f]{16}(\.[A-Za-z0-9]{1,8})?)", self.path)
        path = os.path.join(FOLDER, match.group(1)) if match else None
        if path is None or not os.path.isfile(path):
            self.reply(404, {"error": "not found"})
            return
        content_type = CONTENT_TYPES.get(os.path.splitext(path)[1], "application/octet-stream")
        with open(path, "rb") as file:
            self.send(200, content_type, file.read())

    def reply(self, status, payload):
        self.send(status, "application/json", json.dumps(payload).encode())

    def send(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        # The browser must not look into the content and decide otherwise
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
