"""What a thief does with a stolen row: tries a known password with the quick ways of hashing it, on a machine of their own."""
import base64
import hashlib
import hmac
import re

KINDS = {16: ("md5",), 20: ("sha1",), 28: ("sha224",), 32: ("sha256", "sha3_256", "blake2s"), 48: ("sha384",), 64: ("sha512", "sha3_512", "blake2b")}
# The fixed text that stands in the code.
PEPPERS = (b"", b"harbour-2024-")
ROUNDS = (1, 2, 10, 50, 64, 100, 128, 200, 256, 300, 500, 512, 1000, 1024, 1200, 1500, 2000, 2048, 3000, 4000)


def decoded(text):
    """What a part of a row may stand for: itself, or bytes written as hex or base64."""
    found = [text.encode()]
    for decode in (bytes.fromhex, lambda s: base64.b64decode(s + "=" * (-len(s) % 4)), lambda s: base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))):
        try:
            found.append(decode(text))
        except ValueError:
            pass
    return found


def rows(stored):
    """Pairs of salt and digest that the row may hold."""
    words = re.findall(r"[0-9A-Za-z+/=_-]{2,}", stored)
    parts = [(i, data) for i, word in enumerate(words) for data in dict.fromkeys(decoded(word))]
    for i, digest in parts:
        if len(digest) in KINDS:
            for salt in [b""] + [s for j, s in parts if j != i and len(s) < 100]:
                yield salt, digest
        for size in KINDS:
            # Salt and digest as one, in one order or the other.
            if size < len(digest) <= size + 64:
                yield digest[:-size], digest[-size:]
                yield digest[size:], digest[:size]


def quick_way(password, stored):
    """How the row was made of the password, if that was quick; else None."""
    secret = password.encode()
    pairs = list(dict.fromkeys(rows(stored)))
    for salt, digest in pairs:
        for kind in KINDS[len(digest)]:
            for pepper in PEPPERS:
                for data in (salt + pepper + secret, pepper + secret + salt, pepper + salt + secret):
                    if hashlib.new(kind, data).digest() == digest:
                        return "one " + kind
                    if hashlib.new(kind, hashlib.new(kind, data).hexdigest().encode()).digest() == digest:
                        return "two of " + kind
            if hmac.new(salt, secret, kind).digest() == digest or hmac.new(secret, salt, kind).digest() == digest:
                return "one HMAC of " + kind
    told = {int(n) for n in re.findall(r"\d{1,4}", stored)} - {0}
    for salt, digest in pairs:
        if not salt or len(salt) > 64:
            continue
        kind = KINDS[len(digest)][0]
        for rounds in sorted(set(ROUNDS) | {n for n in told if n <= 4000}):
            if hashlib.pbkdf2_hmac(kind, secret, salt, rounds, len(digest)) == digest:
                return "%d rounds of PBKDF2" % rounds
        for log_n in range(1, 8):
            if hashlib.scrypt(secret, salt=salt, n=2**log_n, r=1, p=1, dklen=len(digest)) == digest:
                return "scrypt with n=%d" % 2**log_n
        for begin in (salt + secret, secret + salt):
            plain = with_salt = begin
            for rounds in range(1, 1100):
                plain = hashlib.new(kind, plain).digest()
                with_salt = hashlib.new(kind, salt + with_salt).digest()
                if digest in (plain, with_salt):
                    return "%d times %s" % (rounds, kind)
    return None
