"""In which coding an honest cookie is written, found out from the cookie: layer by layer, until what is inside can be read."""
import ast
import base64
import bz2
import gzip
import lzma
import pickle
import pickletools
import zlib

COMPRESSED = (b"\x78", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
SWAPPED = bytes((b >> 4) | (b & 15) << 4 for b in range(256))
MIRRORED = bytes(int(format(b, "08b")[::-1], 2) for b in range(256))
ROTATED = bytes((b - 65 + 13) % 26 + 65 if 65 <= b <= 90 else (b - 97 + 13) % 26 + 97 if 97 <= b <= 122 else b for b in range(256))
# The characters of the other alphabet become some that base64 does not have.
URLSAFE = bytes.maketrans(b"-_+/", b"+/!!")
# What gives a visitor's bytes the power to call functions.
LOADERS = {"pickle", "_pickle", "pickletools", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle", "copyreg", "yaml", "eval", "exec", "compile",
           "importlib", "__import__"}


def unpadded(decode):
    return lambda data: decode(data + b"=" * (-len(data) % 8))


def deflated(data):
    made = zlib.compressobj(9, zlib.DEFLATED, -15)
    return made.compress(data) + made.flush()


def percent(data):
    return "".join("%%%02X" % b for b in data).encode()


def unpercent(data):
    from urllib.parse import unquote_to_bytes
    if b"%" not in data:
        raise ValueError
    return unquote_to_bytes(data)


# How a layer is taken off, and how it is put on again.
LAYERS = (
    (lambda data: base64.b64decode(data.translate(URLSAFE) + b"=" * (-len(data) % 4), validate=True), base64.urlsafe_b64encode),
    (lambda data: base64.b64decode(data + b"=" * (-len(data) % 4), validate=True), base64.b64encode),
    (unpadded(base64.b32decode), base64.b32encode), (unpadded(base64.b32hexdecode) if hasattr(base64, "b32hexdecode") else base64.b16decode,
                                                     base64.b32hexencode if hasattr(base64, "b32hexencode") else base64.b16encode),
    (lambda data: bytes.fromhex(data.decode("ascii")), lambda data: data.hex().encode()), (base64.b85decode, base64.b85encode),
    (base64.a85decode, base64.a85encode), (unpercent, percent), (zlib.decompress, zlib.compress), (gzip.decompress, gzip.compress),
    (bz2.decompress, bz2.compress), (lzma.decompress, lzma.compress), (lambda data: zlib.decompress(data, -15), deflated),
    (lambda data: data.decode("utf-8").encode("latin-1"), lambda data: data.decode("latin-1").encode("utf-8")),
)
# The same both ways. Two of them in a row are not tried.
SHUFFLES = tuple((shuffle, shuffle) for shuffle in (
    lambda data: data[::-1], lambda data: data.translate(SWAPPED), lambda data: data.translate(MIRRORED), lambda data: data.translate(ROTATED)))


# A seal may stand before the basket or behind it: digests as bytes and as text, with a mark between or without.
SEALS = (0, *(size + mark for size in (4, 8, 10, 16, 20, 28, 32, 40, 48, 56, 64, 96, 128) for mark in (0, 1)))


def around(data, word):
    """What stands before the basket and behind it; None where no basket with the word can be read."""
    for size in SEALS if word in data else ():
        for start, end in ((size, len(data)), (0, len(data) - size)):
            if readable(data[start:end], word):
                return data[:start], data[end:]
    return None


def readable(data, word):
    """Whether this is a basket that holds the word: as a pickle, as the bytes of `marshal`, or as text."""
    if word not in data:
        return False
    try:
        steps = list(pickletools.genops(data))
        if steps and steps[-1][2] == len(data) - 1:
            return True
    except Exception:
        pass
    # A dictionary of `marshal`: its mark, and nothing behind the last pair. Reading what only looks like one can end Python.
    if data[0] & 127 == 0x7b and data.endswith(b"0"):
        return True
    return data.isascii() and data.decode("ascii").isprintable()


def shifts(data, baskets, any_length):
    """Keys that everybody can find: what a basket must look like is known, so the key is the difference."""
    for start in (b"\x80", b"(", b"}", b"{", *COMPRESSED):
        if data:
            yield "xor", bytes([data[0] ^ start[0]])
            yield "add", bytes([(data[0] - start[0]) % 256])
    for plain in baskets:
        if len(plain) == len(data):
            for kind, key in (("xor", bytes(a ^ b for a, b in zip(data, plain))), ("add", bytes((a - b) % 256 for a, b in zip(data, plain)))):
                period = next((n for n in range(1, len(key)) if key[n:] == key[:-n]), len(key))
                # A key as long as the basket turns anything into a basket: only where nothing else is found.
                if any_length or period <= len(key) // 2:
                    yield kind, key[:period]


def shifted(kind, key, data, sign):
    if kind == "xor":
        return bytes(b ^ key[i % len(key)] for i, b in enumerate(data))
    return bytes((b + sign * key[i % len(key)]) % 256 for i, b in enumerate(data))


def pickles(basket):
    for protocol in range(6 if hasattr(pickle, "PickleBuffer") else 5):
        for value in (basket, tuple(basket.values()), list(basket.values())):
            yield pickle.dumps(value, protocol)


def learnt(cookie, basket, word, depth=4, any_length=False):
    """Functions from data to what would have to stand in the cookie, for the shortest ways to read it. None where it cannot be read."""
    baskets, seen, found = list(pickles(basket)), set(), []
    level = [(cookie, lambda data: data, False)]
    for _ in range(depth + 1):
        deeper = []
        for data, write, shuffled in level:
            beside = around(data, word)
            if beside:
                found.append(lambda made, write=write, before=beside[0], after=beside[1]: write(before + made + after))
                continue
            if data in seen or not data:
                continue
            seen.add(data)
            for take, put in LAYERS if shuffled else LAYERS + SHUFFLES:
                try:
                    inner = take(data)
                except Exception:
                    continue
                deeper.append((inner, lambda made, put=put, write=write: write(put(made)), (take, put) in SHUFFLES))
            for kind, key in shifts(data, baskets, any_length):
                inner = shifted(kind, key, data, -1)
                if len(key) == 1 and not (inner.startswith(COMPRESSED) or around(inner, word) or around(inner[::-1], word)):
                    continue
                deeper.append((inner, lambda made, kind=kind, key=key, write=write: write(shifted(kind, key, made, 1)), False))
        if found:
            return found
        level = deeper[:4000]
    return found


def codings(cookie, basket, word):
    """As `learnt`, for a whole cookie, or for a part of it that stands beside something else."""
    cookie, word = cookie.encode("latin-1", "replace"), word.encode()
    found = learnt(cookie, basket, word) or learnt(cookie, basket, word, 2, True)
    for mark in (b".", b":", b"|", b"-", b"_", b"~", b"!") if not found else ():
        for before, _, after in (cookie.partition(mark), cookie.rpartition(mark)):
            if before and after:
                found += [lambda data, write=write, after=after, mark=mark: write(data) + mark + after for write in learnt(before, basket, word, 3)]
                found += [lambda data, write=write, before=before, mark=mark: before + mark + write(data) for write in learnt(after, basket, word, 3)]
    return found


def loaders(code):
    """What of the program could run a cookie, by its names."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError):
        return {"code that I cannot read"}
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names.add(node.func.id)
    return names & LOADERS
