"""Log search for the support team.

GET /logs/search?term=TEXT&last=N -> JSON with the last N lines of the log that contain TEXT
"""
import json
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

LOG_FILE = "data/service.log"
DEFAULT_LAST = "20"


def search_log(term, last):
    """Search the log with grep, ignoring case, and keep the last matches."""
    for sign in '"$`':
        term = term.replace(sign, "\\" + sign)
    last = int(last)
    command = f'grep -i -F "{term}" {LOG_FILE} | tail -n {last}'
    result = subprocess.run(
        command, shell=True, capture_output=True, text=True, errors="replace", timeout=5
    )
    return result.stdout.splitlines()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlparse(self.path)
        if url.path != "/logs/search":
            self.reply(404, {"error": "not found"})
            return
        params = parse_qs(url.query)
        term = params.get("term", [""])[0]
        last = params.get("last", [DEFAULT_LAST])[0]
        if not term:
            self.reply(400, {"error": "what should I look for?"})
            return
        try:
            lines = search_log(term, last)
        except (subprocess.SubprocessError, ValueError):
            self.reply(400, {"error": "the search could not be run"})
            return
        self.reply(200, {"term": term, "lines": lines})

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
