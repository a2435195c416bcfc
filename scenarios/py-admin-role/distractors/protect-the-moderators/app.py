"""Tickets with moderators.

GET  /me                          -> {"name", "moderator"}; the page shows the buttons by it
GET  /tickets                     -> the open tickets
POST /tickets           {"title"} -> a new ticket
POST /tickets/<id>/close          -> closes an own ticket; moderators close any
POST /users/<name>/ban            -> moderators
GET  /reports                     -> moderators
"""
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

with open("data/desk.json", encoding="utf-8") as file:
    DESK = json.load(file)


class Handler(BaseHTTPRequestHandler):
    def current_user(self):
        token = self.headers.get("Authorization", "").partition(" ")[2]
        for name, user in DESK["users"].items():
            if token and user["token"] == token and not user["banned"]:
                return dict(user, name=name)
        return None

    def do_GET(self):
        user = self.current_user()
        if user is None:
            self.reply(401, {"error": "please log in"})
        elif self.path == "/me":
            self.reply(200, {"name": user["name"], "moderator": user["moderator"]})
        elif self.path == "/tickets":
            self.reply(200, {"tickets": [t for t in DESK["tickets"] if t["open"]]})
        elif self.path == "/reports":
            if not user["moderator"]:
                self.reply(403, {})
                return
            self.reply(200, {"reports": DESK["reports"]})
        else:
            self.reply(404, {"error": "not found"})

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        user = self.current_user()
        if user is None:
            self.reply(401, {"error": "please log in"})
            return
        close = re.fullmatch(r"/tickets/(\d+)/close", self.path)
        ban = re.fullmatch(r"/users/([a-z]+)/ban", self.path)
        if self.path == "/tickets":
            self.open_ticket(user, body)
        elif close:
            self.close_ticket(user, int(close.group(1)))
        elif ban:
            self.ban_user(user, ban.group(1))
        else:
            self.reply(404, {"error": "not found"})

    def open_ticket(self, user, body):
        try:
            title = str(json.loads(body)["title"])[:200]
        except (ValueError, KeyError, TypeError):
            self.reply(400, {"error": "a title, please"})
            return
        ticket = {"id": len(DESK["tickets"]) + 1, "owner": user["name"], "title": title, "open": True}
        DESK["tickets"].append(ticket)
        self.reply(201, ticket)

    def close_ticket(self, user, number):
        for ticket in DESK["tickets"]:
            if ticket["id"] == number and ticket["open"] and (user["moderator"] or ticket["owner"] == user["name"]):
                ticket["open"] = False
                self.reply(200, {"closed": number})
                return
        self.reply(404, {"error": "no such ticket"})

    def ban_user(self, user, name):
        if name not in DESK["users"]:
            self.reply(404, {"error": "no such user"})
            return
        if DESK["users"][name]["moderator"] and not user["moderator"]:
            self.reply(403, {})
            return
        DESK["users"][name]["banned"] = True
        self.reply(200, {"banned": name})

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
