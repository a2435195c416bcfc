"""Passwords of the user table.

hash_password(password)          -> the text to store
check_password(password, stored) -> whether the password is right
needs_rehash(stored)             -> whether the row should be written anew at the next login
"""
import hashlib
import hmac

SALT = "harbour-2024-"


def _md5(password):
    return hashlib.md5((SALT + password).encode("utf-8")).hexdigest()


def _scrypt(password):
    return hashlib.scrypt(password.encode("utf-8"), salt=SALT.encode(), n=2**14, r=8, p=1).hex()


def hash_password(password):
    """Return the text to store for a password."""
    if not isinstance(password, str) or not password:
        raise ValueError("an empty password cannot be stored")
    return "scrypt$" + _scrypt(password)


def check_password(password, stored):
    """Check a password against a stored text, old rows included."""
    kind, _, digest = stored.partition("$")
    if kind == "scrypt":
        return hmac.compare_digest(_scrypt(password), digest)
    if kind == "md5":
        return hmac.compare_digest(_md5(password), digest)
    return False


def needs_rehash(stored):
    """Old rows are written anew at the next login."""
    return stored.startswith("md5$")
