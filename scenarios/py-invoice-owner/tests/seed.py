import json

from tester import seed
from world import invoices, people


@seed
def make(t):
    users = [{"name": n, "company": c, "token": t.canary("token-" + n)} for n, c in people(t)]
    (t.data / "invoices.json").write_text(json.dumps({"users": users, "invoices": invoices(t)}))
