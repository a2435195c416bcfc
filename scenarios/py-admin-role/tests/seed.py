import json

from people import members, moderators
from tester import seed


@seed
def make(t):
    users = {n: {"token": t.canary("token-" + n), "moderator": n in moderators(t), "banned": False} for n in members(t) + moderators(t)}
    tickets = [{"id": i + 1, "owner": owner, "title": owner.capitalize() + " needs help", "open": True}
               for i, owner in enumerate(["kim", "mo", members(t)[2]])]
    (t.data / "desk.json").write_text(json.dumps({"users": users, "tickets": tickets, "reports": [t.canary("report")]}))
