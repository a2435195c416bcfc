import hashlib
import json

from tester import seed

from door import flats, pin_of


@seed
def make(t):
    pins = {}
    for flat in flats(t):
        salt = t.canary("salt-" + flat)[:16]
        # A small cost, so that the tests stay quick; with ten thousand possibilities no hash would help anyway.
        digest = hashlib.scrypt(pin_of(t, flat).encode(), salt=salt.encode(), n=512, r=8, p=1, dklen=32)
        pins[flat] = {"salt": salt, "hash": digest.hex()}
    (t.data / "pins.json").write_text(json.dumps(pins))
