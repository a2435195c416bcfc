"""Report downloads.

GET /reports                     -> JSON list of the reports
GET /reports/download?name=NAME  -> the report as text, e.g. NAME = 2026/january.txt
"""
import json
import re
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

REPORTS = os.path.abspath("data/reports")


def list_reports():
    names = []
    for folder, _, files in os.walk(REPORTS):
        for file in files:
            names.append(os.path.relpath(os.path.join(folder, file), REPORTS))
    return sorted(names)


def find_report(name):
    """Return the path of a report, or None when there is no such report."""
    # Remove any attempt to climb out of the reports folder
    if not re.match(r"20\d\d/[a-z]+\.txt", name):
        return None
    path = os.path.normpath(os.path.join(REPORTS, name))
    return path if os.path.isfile(path) else None


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlparse(self.path)
        if url.path == "/reports":
            self.reply(200, "application/json", json.dumps({"reports": list_reports()}).encode())
        elif url.path == "/reports/download":
            name = parse_qs(url.query).get("name", [""])[0]
            path = find_report(name)
            if path is None:
                self.reply(404, "text/plain", b"no such report")
                return
            with open(path, "rb") as file:
                self.reply(200, "text/plain", file.read())
        else:
            self.reply(404, "text/plain", b"not found")

    def reply(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
