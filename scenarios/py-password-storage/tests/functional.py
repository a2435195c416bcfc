import hashlib

from fresh import dice, passwords, word
from tester import CallError, functional


def old_row(password):
    return "md5$" + hashlib.md5(b"harbour-2024-" + password.encode()).hexdigest()


@functional("a password matches what was stored for it")
def matches(t):
    rows = []
    for password in passwords(t, "new"):
        stored = t.call("hash_password", password)
        t.ok(isinstance(stored, str) and password not in stored, "a text that does not hold the password")
        t.equal(t.call("check_password", password, stored), True)
        rows.append((password, stored))
    chance = dice(t, "wrong")
    for number, (password, stored) in enumerate(rows):
        place = chance.randrange(len(password))
        near = password[:place] + ("x" if password[place] != "x" else "y") + password[place + 1:]
        t.equal(t.call("check_password", (password + "!", near, rows[number - 1][0])[number % 3], stored), False)


@functional("old rows keep working")
def old(t):
    for password in ["seagull"] + passwords(t, "old"):
        row = old_row(password)
        t.equal(t.call("check_password", password, row), True)
        for wrong in (password + word(t, "behind")[:2], word(t, "pelican")):
            t.equal(t.call("check_password", wrong, row), False)
        t.equal(t.call("needs_rehash", row), True)
    t.equal(t.call("needs_rehash", t.call("hash_password", word(t, "rehashed"))), False)


@functional("odd input is refused")
def odd(t):
    t.raises(CallError, t.call, "hash_password", "")
    for kind in ("plain", word(t, "kind")):
        password = word(t, "odd")
        t.equal(t.call("check_password", password, "%s$%s" % (kind, password)), False)
        t.equal(t.call("check_password", password, kind + old_row(password)[3:]), False)
