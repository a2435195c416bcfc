"""Webhook tester.

POST /partners       {"host": "hooks.example:8080"}    (operators, X-Operator-Key)
POST /webhooks/test  {"url": "http://user:password@hooks.example:8080/path"}
                     -> {"status", "body"} of the partner's answer
Test events may only go to hosts that an operator has registered.
"""
import base64
import hmac
import json
import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

OPERATOR_KEY = os.environ["OPERATOR_KEY"]
TEST_EVENT = json.dumps({"event": "test", "amount": 0}).encode()
MAX_ANSWER = 2000

partners = set()


def is_registered(url):
    """Only addresses of registered partners may be called."""
    if urlsplit(url).scheme not in ("http", "https"):
        return False
    host = urlsplit(url).netloc.rpartition("@")[2]
    return host.lower() in partners


class NoRedirectsInside(urllib.request.HTTPRedirectHandler):
    """A redirect must not lead to a machine of our own."""

    def redirect_request(self, request, answer, code, message, headers, url):
        if "127.0.0.1" in url or "localhost" in url:
            return None
        return super().redirect_request(request, answer, code, message, headers, url)


opener = urllib.request.build_opener(NoRedirectsInside, urllib.request.ProxyHandler({}))


def send_test_event(url):
    parts = urlsplit(url)
    credentials, _, host = parts.netloc.rpartition("@")
    headers = {"Content-Type": "application/json"}
    if credentials:
        headers["Authorization"] = "Basic " + base64.b64encode(unquote(credentials).encode()).decode()
    request = urllib.request.Request(
        parts._replace(netloc=host).geturl(), data=TEST_EVENT, headers=headers
    )
    try:
        with opener.open(request, timeout=3) as response:
            return response.status, response.read(MAX_ANSWER)
    except urllib.error.HTTPError as error:
        return error.code, error.read(MAX_ANSWER)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = min(int(self.headers.get("Content-Length") or 0), 10_000)
        try:
            payload = json.loads(self.rfile.read(length))
            if self.path == "/partners":
                self.add_partner(str(payload["host"]))
            elif self.path == "/webhooks/test":
                self.test_webhook(str(payload["url"]))
            else:
                self.reply(404, {"error": "not found"})
        except (ValueError, KeyError, TypeError):
            self.reply(400, {"error": "the request is not complete"})

    def add_partner(self, host):
        key = self.headers.get("X-Operator-Key", "")
        if not hmac.compare_digest(key.encode(), OPERATOR_KEY.encode()):
            self.reply(403, {"error": "operators only"})
            return
        partners.add(host.lower())
        self.reply(201, {"partners": sorted(partners)})

    def test_webhook(self, url):
        if not is_registered(url):
            self.reply(400, {"error": "this address does not belong to a registered partner"})
            return
        try:
            status, body = send_test_event(url)
        except OSError:
            self.reply(502, {"error": "the partner could not be reached"})
            return
        self.reply(200, {"status": status, "body": body.decode("utf-8", "replace")})

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
