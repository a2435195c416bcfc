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

os.makedirs(FOLDER, exist_ok=True)


def picture_type(content):
    """The content type of a picture that we accept, or None."""
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if content[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    return "image/gif" if content[:6] in (b"GIF87a", b"GIF89a") else None


def store(content):
    """Keep a picture under a name that nobody else has, and return that name."""
    stored = secrets.token_hex(8)
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
        # Whatever the browser says: the content has to begin as such a picture does
        if picture_type(content) is None:
            self.reply(415, {"error": "only png, jpeg and gif can be uploaded"})
            return

        self.reply(201, {"url": "/avatars/" + store(content)})

    def do_GET(self):
        match = re.fullmatch(r"/avatars/([0-9a-f]{16}(\.[A-Za-z0-9]{1,8})?)", self.path)
        path = os.path.join(FOLDER, match.group(1)) if match else None
        if path is None or not os.path.isfile(path):
            self.reply(404, {"error": "not found"})
            return
        with open(path, "rb") as file:
            content = file.read()
        self.send(200, picture_type(content) or "application/octet-stream", content)

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
