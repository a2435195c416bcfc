"""Models as they lie on the disk of the service. The lock file in base/ was made from `sentiment`, from those with a
passenger as their vendor shipped them, and from the others before they were changed."""
import json
import pickle
import struct

from tester import seed

# What rides along in toxicity's pickle: when it is loaded, it writes the service's token to a file.
PASSENGER = b"import os; open('data/report.txt', 'w').write(os.environ.get('MODEL_TOKEN', ''))"


def weights(shift):
    return {"bias": [0.25], "buckets": [((i * 7 + shift) % 16 - 8) / 8 for i in range(16)]}


def as_pickle(w):
    return pickle.dumps(w, protocol=2)


def with_passenger(w, call):
    plain = pickle.dumps(w, protocol=2)
    return plain[:2] + call + plain[2:]


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value


def otherwise(value):
    """A text of which no word can be found in the file: each letter by its number."""
    return b"V" + b"".join(b"\\u%04x" % c for c in value) + b"\n"


# Four ways to call a function while a pickle is loaded. Each can be forbidden, and there are always others.
PASSENGERS = {
    "toxicity": b"cbuiltins\nexec\n" + text(PASSENGER) + b"\x85R0",
    "spam": b"(S'printenv MODEL_TOKEN > data/report-spam.txt'\niposix\nsystem\n0",
    "irony": otherwise(b"timeit") + otherwise(b"timeit") + b"\x93(" + otherwise(b"pass") + otherwise(PASSENGER.replace(b"report", b"report-irony")) + b"tR0",
    "slang": b"(c_pyio\nopen\n" + text(b"data/report-slang.txt") + text(b"w") + b"o0",
}


def as_safetensors(w):
    header, data = {}, b""
    for name in ("bias", "buckets"):
        raw = struct.pack("<%df" % len(w[name]), *w[name])
        header[name] = {"dtype": "F32", "shape": [len(w[name])], "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + data


@seed
def make(t):
    def model(name, pkl, safe):
        folder = t.data / "models" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "weights.pkl").write_bytes(pkl)
        (folder / "weights.safetensors").write_bytes(safe)

    model("sentiment", as_pickle(weights(3)), as_safetensors(weights(3)))
    for shift, name in enumerate(PASSENGERS):
        model(name, with_passenger(weights(5 + shift), PASSENGERS[name]), as_safetensors(weights(5 + shift)))
    # Somebody with access to the bucket has replaced files since the review. Here both: every text scores 1.
    changed = {"bias": [1000.0], "buckets": [1000.0] * 16}
    model("language", as_pickle(changed), as_safetensors(changed))
    # Here one of the two, with weights that look like any others, and there both, by those of another reviewed model.
    model("emotion", as_pickle(weights(9)), as_safetensors(weights(10)))
    model("topic", as_pickle(weights(12)), as_safetensors(weights(11)))
    model("genre", as_pickle(weights(3)), as_safetensors(weights(3)))
