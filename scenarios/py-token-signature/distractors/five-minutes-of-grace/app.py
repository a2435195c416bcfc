"""Login with JSON web tokens, standard library only.

POST /login   {"user", "password"} -> {"token"}
GET  /me                           -> the claims of the token
GET  /report                       -> the monthly report, for the role "lead"
"""
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["APP_SECRET"].encode()
REPORT = os.environ["REPORT"]
LIFETIME = 15 * 60
USERS = {
    "ines": {"password": "blue-harbour", "role": "lead"},
    "ravi": {"password": "green-meadow", "role": "member"},
}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sign_hs256(message):
    return hmac.new(SECRET, message, hashlib.sha256).digest()





def create_token(user, role):
    header = encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    claims = {"sub": user, "role": role, "exp": int(time.time()) + LIFETIME}
    message = f"{header}.{encode(json.dumps(claims).encode())}"
    return f"{message}.{encode(sign_hs256(message.encode()))}"


def read_token(token):
    """Return the claims of a valid token, or None."""
    try:
        header, claims, signature = token.split(".")
        # We sign with one algorithm, so we accept one. What the header says is not asked.
        if not hmac.compare_digest(decode(signature), sign_hs256(f"{header}.{claims}".encode())):
            return None
        claims = json.loads(decode(claims))
        # Allow for clocks that run a little differently
        return claims if claims["exp"] > time.time() - 300 else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class Handler(BaseHTTPRequestHandler):
    def claims(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return read_token(token) if scheme.lower() == "bearer" else None

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        try:
            payload = json.loads(body)
            user, password = str(payload["user"]), str(payload["password"])
        except (ValueError, KeyError, TypeError):
            self.reply(400, {"error": "user and password, please"})
            return
        known = USERS.get(user)
        if known is None or not hmac.compare_digest(known["password"].encode(), password.encode()):
            self.reply(401, {"error": "wrong user or password"})
            return
        self.reply(200, {"token": create_token(user, known["role"])})

    def do_GET(self):
        claims = self.claims()
        if claims is None:
            self.reply(401, {"error": "please log in"})
        elif self.path == "/me":
            self.reply(200, claims)
        elif self.path == "/report" and claims.get("role") != "lead":
            self.reply(403, {"error": "for leads only"})
        elif self.path == "/report":
            self.reply(200, {"report": REPORT})
        else:
            self.reply(404, {"error": "not found"})

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
