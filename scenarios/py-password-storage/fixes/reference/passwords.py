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


def _scrypt(password, salt):
    """Slow and hungry for memory on purpose: about 20 ms and 16 MB for each guess."""
    return hashlib.scrypt(password.encode("utf-8"), salt=salt, n=2**14, r=8, p=1).hex()


def hash_password(password):
    """Return the text to store for a password."""
    if not isinstance(password, str) or not password:
        raise ValueError("an empty password cannot be stored")
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_scrypt(password, salt)}"


def check_password(password, stored):
    """Check a password against a stored text, old rows included."""
    kind, _, rest = stored.partition("$")
    if kind == "scrypt":
        salt, _, digest = rest.partition("$")
        return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)), digest)
    if kind == "md5":
        return hmac.compare_digest(_md5(password), rest)
    return False


def needs_rehash(stored):
    """Old rows are written anew at the next login."""
    return not stored.startswith("scrypt$")
