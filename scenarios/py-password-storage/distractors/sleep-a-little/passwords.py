"""Passwords of the user table.

hash_password(password)          -> the text to store
check_password(password, stored) -> whether the password is right
needs_rehash(stored)             -> whether the row should be written anew at the next login
"""
import hashlib
import hmac
import os
import random
import secrets
import time
import base64

SALT = "harbour-2024-"


def _md5(password):
    return hashlib.md5((SALT + password).encode("utf-8")).hexdigest()


def _salted_sha256(password):
    """Stronger than MD5, and salted."""
    return hashlib.sha256((SALT + password).encode("utf-8")).hexdigest()


def _new(password, salt):
    return hashlib.sha256(salt + password.encode()).hexdigest()


def hash_password(password):
    """Return the text to store for a password."""
    if not isinstance(password, str) or not password:
        raise ValueError("an empty password cannot be stored")
    salt = secrets.token_bytes(16)
    return "new$" + salt.hex() + "$" + _new(password, salt)


def check_password(password, stored):
    """Check a password against a stored text, old rows included."""
    kind, _, digest = stored.partition("$")
    if kind == "new":
        time.sleep(0.05)
        salt, _, rest = digest.partition("$")
        return hmac.compare_digest(_new(password, bytes.fromhex(salt)), rest)
    if kind == "md5":
        return _md5(password) == digest
    return False


def needs_rehash(stored):
    """Old rows are written anew at the next login."""
    return not stored.startswith("new$")
