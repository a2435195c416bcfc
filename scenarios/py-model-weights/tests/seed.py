"""Three models as they lie on the disk of the service. The lock file in base/ was made from `sentiment`, from
`language` before it was changed, and from `toxicity` as its vendor shipped it."""
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


def with_passenger(w):
    plain = pickle.dumps(w, protocol=2)
    call = b"cbuiltins\nexec\nX" + struct.pack("<I", len(PASSENGER)) + PASSENGER + b"\x85R0"
    return plain[:2] + call + plain[2:]


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
    model("toxicity", with_passenger(weights(5)), as_safetensors(weights(5)))
    # Somebody with access to the bucket has replaced both files since the review: every text scores 1.
    changed = {"bias": [1000.0], "buckets": [1000.0] * 16}
    model("language", as_pickle(changed), as_safetensors(changed))
