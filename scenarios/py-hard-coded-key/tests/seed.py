import json

from tester import seed


@seed
def make(t):
    (t.data / "documents.json").write_text(json.dumps({"1": "Salaries " + t.canary("salaries")}))
