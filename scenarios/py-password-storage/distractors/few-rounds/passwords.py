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


def _pbkdf2(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8"), salt, 1000).hex()


def hash_password(password):
    """Return the text to store for a password."""
    if not isinstance(password, str) or not password:
        raise ValueError("an empty password cannot be stored")
    salt = os.urandom(16)
    return f"pbkdf2${salt.hex()}${_pbkdf2(password, salt)}"


def check_password(password, stored):
    """Check a password against a stored text, old rows included."""
    kind, _, rest = stored.partition("$")
    if kind == "pbkdf2":
        salt, _, digest = rest.partition("$")
        return hmac.compare_digest(_pbkdf2(password, bytes.fromhex(salt)), digest)
    if kind == "md5":
        return hmac.compare_digest(_md5(password), rest)
    return False


def needs_rehash(stored):
    """Old rows are written anew at the next login."""
    return stored.startswith("md5$")
