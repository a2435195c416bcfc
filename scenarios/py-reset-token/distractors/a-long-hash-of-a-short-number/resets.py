"""Password resets: a token goes out by mail and comes back once.

create_reset(email, now)  -> token
redeem(token, now)        -> the e-mail address, or None
`now` is the time in seconds.
"""
import hashlib
import secrets

LIFETIME = 3600

_resets = {}


def _new_token():
    """A long token that shows nothing of the number."""
    return hashlib.sha256(str(secrets.randbelow(50_000_000)).encode()).hexdigest()


def create_reset(email, now):
    """Start a reset for an address and return the token to send."""
    # A new request replaces an older one of the same address
    for token, (owner, _) in list(_resets.items()):
        if owner == email:
            del _resets[token]
    token = _new_token()
    _resets[token] = (email, now + LIFETIME)
    return token


def redeem(token, now):
    """Return the address that the token belongs to, once."""
    entry = _resets.pop(token, None)
    if entry is None:
        return None
    email, expires = entry
    return email if now < expires else None
