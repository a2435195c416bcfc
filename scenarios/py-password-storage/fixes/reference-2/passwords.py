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


ROUNDS = 600_000


def _pbkdf2(password, salt, rounds):
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8"), salt, rounds)


def hash_password(password):
    """Return the text to store for a password."""
    if not isinstance(password, str) or not password:
        raise ValueError("an empty password cannot be stored")
    salt = os.urandom(16)
    digest = _pbkdf2(password, salt, ROUNDS)
    # All that is needed to check it later, or to see that it has become too cheap
    return "$".join(["pbkdf2", str(ROUNDS), salt.hex(), digest.hex()])


def check_password(password, stored):
    """Check a password against a stored text, old rows included."""
    kind, *fields = stored.split("$")
    if kind == "pbkdf2":
        rounds, salt, digest = fields
        found = _pbkdf2(password, bytes.fromhex(salt), int(rounds))
        return hmac.compare_digest(found, bytes.fromhex(digest))
    if kind == "md5":
        return hmac.compare_digest(_md5(password), fields[0])
    return False


def needs_rehash(stored):
    """Old rows are written anew at the next login."""
    kind, *fields = stored.split("$")
    return kind != "pbkdf2" or int(fields[0]) < ROUNDS
