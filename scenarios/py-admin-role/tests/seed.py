import json

from tester import seed


@seed
def make(t):
    users = {n: {"token": t.canary("token-" + n), "moderator": n == "mo", "banned": False} for n in ("kim", "lee", "mo")}
    tickets = [{"id": 1, "owner": "kim", "title": "Kim needs help", "open": True}]
    (t.data / "desk.json").write_text(json.dumps({"users": users, "tickets": tickets, "reports": [t.canary("report")]}))
