"""Themes for the shop, imported as zip files.

POST /themes/<name>          (a zip file as the body) -> {"theme", "files": [...]}
GET  /themes/<name>/<file>   -> a file of a theme
"""
import io
import json
import os
import re
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

THEMES = os.path.abspath("data/themes")
MAX_UPLOAD = 1_000_000
MAX_UNPACKED = 5_000_000


def import_theme(name, upload):
    """Unpack a theme and return the names of its files."""
    folder = os.path.join(THEMES, name)
    files = []
    with zipfile.ZipFile(io.BytesIO(upload)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
            raise ValueError("the theme is too large")
        for entry in archive.infolist():
            if entry.is_dir() or entry.file_size == 0:
                continue
            target = os.path.join(folder, entry.filename.lstrip("/").replace("../", ""))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(archive.read(entry))
            files.append(entry.filename)
    return sorted(files)


def theme_file(name, file):
    """The path of a file of a theme, or None."""
    folder = os.path.realpath(os.path.join(THEMES, name))
    path = os.path.realpath(os.path.join(folder, file))
    if os.path.commonpath([folder, path]) != folder or not os.path.isfile(path):
        return None
    return path


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        match = re.fullmatch(r"/themes/([a-z0-9-]{1,40})", self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if not match or not 0 < length <= MAX_UPLOAD:
            self.close_connection = True
            self.reply(400, {"error": "a theme name and a zip file of at most 1 MB, please"})
            return
        try:
            files = import_theme(match.group(1), self.rfile.read(length))
        except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, NotImplementedError) as error:
            self.reply(400, {"error": f"the theme cannot be imported: {type(error).__name__}"})
            return
        self.reply(201, {"theme": match.group(1), "files": files})

    def do_GET(self):
        match = re.fullmatch(r"/themes/([a-z0-9-]{1,40})/([^\0]+)", unquote(self.path))
        path = theme_file(*match.groups()) if match else None
        if path is None:
            self.reply(404, {"error": "not found"})
            return
        with open(path, "rb") as file:
            self.send(200, "application/octet-stream", file.read())

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
    os.makedirs(THEMES, exist_ok=True)
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
