import json

from tester import seed


@seed
def make(t):
    (t.data / "clinic.json").write_text(json.dumps({
        "users": {"mira": t.canary("password")},
        "patients": [
            {"id": 1, "name": "Otis", "note": t.canary("note")},
            {"id": 2, "name": "Pia", "note": "check-up in May"},
        ],
    }))
