import hashlib

from tester import CallError, functional


@functional("a password matches what was stored for it")
def matches(t):
    for password in ("\u00e4\u00f6\u00fc \u2603", "x" * 100):
        stored = t.call("hash_password", password)
        t.ok(isinstance(stored, str) and password not in stored, "a text that does not hold the password")
        t.equal(t.call("check_password", password, stored), True)
        t.equal(t.call("check_password", password + "!", stored), False)


@functional("old rows keep working")
def old(t):
    row = "md5$" + hashlib.md5(b"harbour-2024-seagull").hexdigest()
    t.equal(t.call("check_password", "seagull", row), True)
    t.equal(t.call("check_password", "pelican", row), False)
    t.equal(t.call("needs_rehash", row), True)
    t.equal(t.call("needs_rehash", t.call("hash_password", "seagull")), False)


@functional("odd input is refused")
def odd(t):
    t.raises(CallError, t.call, "hash_password", "")
    t.equal(t.call("check_password", "seagull", "plain$seagull"), False)
