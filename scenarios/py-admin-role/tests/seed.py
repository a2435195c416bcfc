import json

from people import members, moderators, tickets
from tester import seed


@seed
def make(t):
    users = {n: {"token": t.canary("token-" + n), "moderator": n in moderators(t), "banned": False} for n in members(t) + moderators(t)}
    made = [{"id": number, "owner": owner, "title": title, "open": True} for number, owner, title in tickets(t)]
    (t.data / "desk.json").write_text(json.dumps({"users": users, "tickets": made, "reports": [t.canary("report")]}))
