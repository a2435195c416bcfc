"""Passwords of the user table.

hash_password(password)          -> the text to store
check_password(password, stored) -> whether the password is right
needs_rehash(stored)             -> whether the row should be written anew at the next login
"""
import hashlib
import hmac
import os

SALT = "harbour-2024-"


def _md5(password):
    return hashlib.md5((SALT + password).encode("utf-8")).hexdigest()


# The price of a guess: 2**LOG_N steps, and 128 * R * 2**LOG_N bytes of memory
LOG_N, R = 14, 8


def _digest(password, salt, log_n, r):
    return hashlib.scrypt(password.encode("utf-8"), salt=salt, n=2**log_n, r=r, p=1)


def hash_password(password):
    """Return the text to store for a password."""
    if not isinstance(password, str) or not password:
        raise ValueError("an empty password cannot be stored")
    salt = os.urandom(16)
    # All that is needed to check it later, or to see that it has become too cheap
    fields = ["scrypt", str(LOG_N), str(R), salt.hex(), _digest(password, salt, LOG_N, R).hex()]
    return "$".join(fields)


def check_password(password, stored):
    """Check a password against a stored text, old rows included."""
    kind, *fields = stored.split("$")
    if kind == "scrypt":
        log_n, r, salt, digest = fields
        found = _digest(password, bytes.fromhex(salt), int(log_n), int(r))
        return hmac.compare_digest(found, bytes.fromhex(digest))
    if kind == "md5":
        return hmac.compare_digest(_md5(password), fields[0])
    return False


def needs_rehash(stored):
    """Old rows are written anew at the next login."""
    kind, *fields = stored.split("$")
    return kind != "scrypt" or int(fields[0]) < LOG_N
