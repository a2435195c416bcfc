"""Accounts of a small club.

POST  /users    {"name", "email"} -> the new account with its token
GET   /me                         -> the own account
PATCH /me       any profile field -> the changed account
GET   /admin    for admins        -> the note of the board
"""
import json
import os
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADMIN_NOTE = os.environ["ADMIN_NOTE"]

users = {}


def new_user(data):
    user = {
        "name": "",
        "email": "",
        "city": "",
        "newsletter": False,
        "role": "member",
        "credit": 0,
    }
    # Generic: takes over whatever the form sends
    user.update({k: v for k, v in data.items() if k not in ("role", "credit", "token")})
    user["token"] = secrets.token_hex(16)
    users[user["token"]] = user
    return user


def update_user(user, data):
    token = user["token"]
    user.update({k: v for k, v in data.items() if k not in ("role", "credit", "token")})
    # The token must never change
    user["token"] = token
    return user


class Handler(BaseHTTPRequestHandler):
    def current_user(self):
        return users.get(self.headers.get("Authorization", "").partition(" ")[2])

    def payload(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        try:
            data = json.loads(body)
        except ValueError:
            return None
        return data if isinstance(data, dict) else None

    def do_POST(self):
        data = self.payload()
        if self.path != "/users":
            self.reply(404, {"error": "not found"})
        elif not data or not data.get("name") or not data.get("email"):
            self.reply(400, {"error": "name and email, please"})
        else:
            self.reply(201, new_user(data))

    def do_PATCH(self):
        data, user = self.payload(), self.current_user()
        if user is None:
            self.reply(401, {"error": "please log in"})
        elif self.path != "/me" or data is None:
            self.reply(400, {"error": "this cannot be changed"})
        else:
            self.reply(200, update_user(user, data))

    def do_GET(self):
        user = self.current_user()
        if user is None:
            self.reply(401, {"error": "please log in"})
        elif self.path == "/me":
            self.reply(200, user)
        elif self.path == "/admin" and user["role"] == "admin":
            self.reply(200, {"note": ADMIN_NOTE})
        elif self.path == "/admin":
            self.reply(403, {"error": "for admins only"})
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
