"""Passwords of the user table.

hash_password(password)          -> the text to store
check_password(password, stored) -> whether the password is right
needs_rehash(stored)             -> whether the row should be written anew at the next login
"""
import hashlib
import hmac
import secrets

SALT = "harbour-2024-"


def _md5(password):
    return hashlib.md5((SALT + password).encode("utf-8")).hexdigest()


def _sha512(password, salt):
    return hashlib.sha512((salt + password).encode("utf-8")).hexdigest()


def hash_password(password):
    """Return the text to store for a password."""
    if not isinstance(password, str) or not password:
        raise ValueError("an empty password cannot be stored")
    salt = secrets.token_hex(16)
    return f"sha512${salt}${_sha512(password, salt)}"


def check_password(password, stored):
    """Check a password against a stored text, old rows included."""
    kind, _, rest = stored.partition("$")
    if kind == "sha512":
        salt, _, digest = rest.partition("$")
        return hmac.compare_digest(_sha512(password, salt), digest)
    if kind == "md5":
        return hmac.compare_digest(_md5(password), rest)
    return False


def needs_rehash(stored):
    """Old rows are written anew at the next login."""
    return stored.startswith("md5$")
