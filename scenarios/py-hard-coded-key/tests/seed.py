import json

from documents import documents
from tester import seed


@seed
def make(t):
    (t.data / "documents.json").write_text(json.dumps({str(number): text for number, text in documents(t).items()}))
