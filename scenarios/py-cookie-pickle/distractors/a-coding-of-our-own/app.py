"""A shopping basket without a session store: the basket lives in a cookie.

GET  /basket                               -> {"items": {...}, "voucher": ...}
POST /basket/items    {"article", "count"} -> the new basket
POST /basket/voucher  {"code"}             -> the new basket
"""
import base64
import json
import pickle
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ARTICLES = {"cup", "plate", "teapot"}
MAX_BODY = 10_000


def empty_basket():
    return {"items": {}, "voucher": None}


def save_basket(basket):
    """Turn a basket into the value of a cookie."""
    return base64.b32encode(bytes(b ^ 42 for b in pickle.dumps(basket)[::-1])).decode()


def load_basket(value):
    """Turn the value of a cookie into a basket; a broken cookie gives an empty one."""
    try:
        basket = pickle.loads(bytes(b ^ 42 for b in base64.b32decode(value))[::-1])
        return {"items": dict(basket["items"]), "voucher": basket["voucher"]}
    except Exception:
        return empty_basket()


class Handler(BaseHTTPRequestHandler):
    def basket(self):
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return empty_basket()
        return load_basket(cookie["basket"].value) if "basket" in cookie else empty_basket()

    def do_GET(self):
        if self.path == "/basket":
            self.reply(200, self.basket())
        else:
            self.reply(404, {"error": "not found"})

    def do_POST(self):
        length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
        try:
            payload = json.loads(self.rfile.read(length))
        except ValueError:
            payload = None
        if not isinstance(payload, dict):
            self.reply(400, {"error": "please send a JSON object"})
            return
        basket = self.basket()
        if self.path == "/basket/items":
            article, count = payload.get("article"), payload.get("count", 1)
            if article not in ARTICLES or not isinstance(count, int) or not 0 <= count <= 99:
                self.reply(400, {"error": "no such article or number"})
                return
            basket["items"][article] = count
        elif self.path == "/basket/voucher":
            basket["voucher"] = str(payload.get("code", ""))[:20]
        else:
            self.reply(404, {"error": "not found"})
            return
        self.reply(200, basket, save_basket(basket))

    def reply(self, status, payload, cookie=None):
        body = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if cookie is not None:
            self.send_header("Set-Cookie", f"basket={cookie}; Path=/; HttpOnly; SameSite=Lax")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
