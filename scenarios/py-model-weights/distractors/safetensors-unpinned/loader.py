"""Loads text classifiers from data/models and scores texts with them.

A model is a folder with its weights in two formats, as the vendor ships them:
`weights.pkl` and `weights.safetensors`. `data/models.lock.json` lists the models that
the team has reviewed, with the SHA-256 of each file.
"""
import json
import re
import struct
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


def read_safetensors(raw):
    """Tensors of a safetensors file: a length, a JSON header, then plain numbers. Nothing in it can run."""
    (size,) = struct.unpack_from("<Q", raw)
    if size > 100_000 or 8 + size > len(raw):
        raise ValueError("the header of the weights is damaged")
    tensors, data = {}, raw[8 + size:]
    for name, about in json.loads(raw[8:8 + size]).items():
        if name == "__metadata__":
            continue
        start, end = about["data_offsets"]
        if about["dtype"] != "F32" or not 0 <= start <= end <= len(data) or (end - start) % 4:
            raise ValueError(f"the tensor {name!r} is damaged")
        tensors[name] = list(struct.unpack(f"<{(end - start) // 4}f", data[start:end]))
    return tensors


def load_weights(name):
    """Loads the weights of a model: {"bias": [float], "buckets": [16 floats]}."""
    if not NAME.fullmatch(name) or name not in reviewed():
        raise UnknownModel(f"{name!r} is not a reviewed model")

    weights = read_safetensors((MODELS / name / "weights.safetensors").read_bytes())

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
