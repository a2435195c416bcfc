import hashlib
import json

from tester import seed


@seed
def make(t):
    keys = {name: hashlib.sha256(t.canary("key-" + name).encode()).hexdigest() for name in ("till-1", "till-2")}
    (t.data / "keys.json").write_text(json.dumps(keys))
