"""Login with an audit log in data/audit.log.

POST /login     {"user", "password"}                     -> 200 or 401
POST /password  {"user", "old_password", "new_password"} -> 200 or 401
"""
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

AUDIT_LOG = "data/audit.log"


def hash_password(password, salt):
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)


def new_account(password):
    salt = os.urandom(16)
    return {"salt": salt, "hash": hash_password(password, salt)}


accounts = {"ada": new_account("first-programmer"), "admin": new_account(os.urandom(16).hex())}


def audit(event, user, outcome, detail=""):
    """Write one line to the audit log."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S")
    line = f"{stamp} {event} user={user.translate({10: 32, 13: 32, 12: 32, 0x2028: 32, 0x85: 32})} outcome={outcome}"
    if detail:
        line += f" request={detail}"
    with open(AUDIT_LOG, "a", encoding="utf-8", newline="") as log:
        log.write(line + "\n")


def password_matches(user, password):
    account = accounts.get(user)
    if account is None:
        return False
    return hmac.compare_digest(hash_password(password, account["salt"]), account["hash"])


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        try:
            data = json.loads(body)
            user = str(data["user"])
            if self.path == "/login":
                event, password = "login", str(data["password"])
            elif self.path == "/password":
                event, password = "password", str(data["old_password"])
                new_password = str(data["new_password"])
            else:
                self.reply(404, {"error": "not found"})
                return
        except (ValueError, KeyError, TypeError):
            self.reply(400, {"error": "the request is not complete"})
            return
        if not password_matches(user, password):
            # Keep the request so that support can see what went wrong
            audit(event, user, "failed")
            self.reply(401, {"error": "wrong user or password"})
            return
        if event == "password":
            accounts[user] = new_account(new_password)
        audit(event, user, "ok")
        self.reply(200, {"hello": user})

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
