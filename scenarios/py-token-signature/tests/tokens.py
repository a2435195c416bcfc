"""JSON web tokens, signed as the service signs them or otherwise. Names and times are new in each run."""
import base64
import hashlib
import hmac
import json
import random
import time

USERS = {"ines": ("blue-harbour", "lead"), "ravi": ("green-meadow", "member")}


def dice(t, name):
    """Chance of this run, the same for the same name."""
    return random.Random(t.canary("dice-" + name))


def word(t, name):
    chance = dice(t, name)
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chance.randint(5, 9)))


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def seal(key, message, kind=hashlib.sha256):
    return b64(hmac.new(key, message.encode(), kind).digest())


def token(t, user, role, alg="HS256", seconds=600, signed=True, **more):
    header = b64(json.dumps(alg if isinstance(alg, dict) else {"alg": alg, "typ": "JWT"}).encode())
    claims = {"sub": user, "role": role, "exp": int(time.time()) + seconds, **more}
    claims = b64(json.dumps({name: value for name, value in claims.items() if value != "left out"}).encode())
    message = header + "." + claims
    return message + "." + (seal(t.canary("secret").encode(), message) if signed else "")


def bearer(text):
    return {"Authorization": "Bearer " + text}


def login(t, user):
    return bearer(t.post("/login", json={"user": user, "password": USERS[user][0]}).json()["token"])
