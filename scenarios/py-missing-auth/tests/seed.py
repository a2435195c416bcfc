import json

from clinic import password, patients, staff
from tester import seed


@seed
def make(t):
    (t.data / "clinic.json").write_text(json.dumps({"users": {user: password(t, user) for user in staff(t)}, "patients": patients(t)}))
