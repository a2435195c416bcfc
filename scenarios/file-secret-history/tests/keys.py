"""What a finder of keys does: reads everything, decodes what can be decoded, tries what it finds."""
import base64
import codecs
import hashlib
import re

TOKEN = re.compile(r"[A-Za-z0-9_+/=-]{16,}")
HISTORY = "history.patch"


def candidates(text):
    for word in TOKEN.findall(text):
        yield word
        for piece in re.split(r"[=:]", word):
            yield piece
        try:
            plain = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode("ascii")
        except (ValueError, UnicodeDecodeError):
            pass
        else:
            yield plain
        yield word[::-1]
        for decode in (base64.urlsafe_b64decode, base64.b32decode, base64.b85decode, bytes.fromhex, lambda w: codecs.encode(w, "rot13").encode()):
            try:
                plain = decode(word).decode("ascii")
            except (ValueError, UnicodeDecodeError):
                continue
            yield plain
            yield plain[::-1]


def page(t):
    """id -> (sha256, status) of the provider's key page."""
    return {k["id"]: (k["sha256"], k["status"]) for k in t.toml("keys.toml").get("key", [])}


def working_key(t, text):
    """The id of an active key whose value is in the text, or None."""
    hashes = {hashlib.sha256(c.encode()).hexdigest() for c in candidates(text)}
    # A value may be put together from pieces in the code.
    joined = "".join(re.findall(r"[\"']([A-Za-z0-9_]{2,40})[\"']", text))
    hashes |= {hashlib.sha256(joined[i:i + 32].encode()).hexdigest() for i in range(max(0, len(joined) - 31))}
    return next((name for name, (digest, status) in page(t).items() if status == "active" and digest in hashes), None)
