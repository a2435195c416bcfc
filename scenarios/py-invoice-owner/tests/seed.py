import json

from tester import seed


@seed
def make(t):
    users = [("ada", "Nimbus"), ("bo", "Nimbus"), ("cleo", "Umbra")]
    store = {
        "users": [{"name": n, "company": c, "token": t.canary("token-" + n)} for n, c in users],
        "invoices": [
            {"id": 1001, "company": "Nimbus", "user": "ada", "amount": "120.00", "note": "chairs"},
            {"id": 1002, "company": "Umbra", "user": "cleo", "amount": "9800.00", "note": t.canary("note")},
            {"id": 1003, "company": "Nimbus", "user": "bo", "amount": "75.50", "note": "paper"},
        ],
    }
    (t.data / "invoices.json").write_text(json.dumps(store))
