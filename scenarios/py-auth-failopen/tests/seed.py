import json

from tester import seed
from tills import key, tills


@seed
def make(t):
    (t.data / "keys.json").write_text(json.dumps({till: key(t, till).hexdigest() for till in tills(t)}))
