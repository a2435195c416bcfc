"""Downloads of reports."""
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

REPORTS = os.path.realpath(os.path.join(os.getcwd(), "data", "reports"))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = parse_qs(urlparse(self.path).query).get("name", [""])[0]
        # Reports are kept in one folder; the name says which one.
        path = os.path.realpath(os.path.join(REPORTS, name))
        if not path.startswith(REPORTS + os.sep) or not os.path.isfile(path):
            self.send_error(404)
            return
        with open(path, "rb") as file:
            body = file.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


HTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
