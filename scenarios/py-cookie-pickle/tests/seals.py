"""Seals of cookies that need no secret: a checksum, or a key that stands in the code."""
import ast
import base64
import hashlib
import hmac
import zlib

MARKS = (".", ":", "|", "-", "_", "~", "!")
KINDS = ("md5", "sha1", "sha256", "sha512", "blake2b", "sha3_256")


def texts_of(code):
    """Each text that stands in the code: who has the code has them all."""
    found = []
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError):
        return found
    for node in nodes:
        value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
        if isinstance(value, (str, bytes)) and 0 < len(value) < 200:
            found.append(value.encode() if isinstance(value, str) else value)
    return list(dict.fromkeys(found))


def seals(code):
    """Functions from bytes to a digest that everybody can compute."""
    for kind in KINDS:
        yield lambda data, kind=kind: hashlib.new(kind, data).digest()
        for key in texts_of(code):
            if kind in ("md5", "sha1", "sha256", "sha512"):
                yield lambda data, kind=kind, key=key: hmac.new(key, data, kind).digest()
            yield lambda data, kind=kind, key=key: hashlib.new(kind, key + data).digest()
            yield lambda data, kind=kind, key=key: hashlib.new(kind, data + key).digest()
    yield lambda data: zlib.crc32(data).to_bytes(4, "big")
    yield lambda data: zlib.adler32(data).to_bytes(4, "big")


def coded(data):
    return base64.urlsafe_b64encode(data)


SHAPES = (lambda digest: digest.hex().encode(), coded, lambda digest: coded(digest).rstrip(b"="),
          lambda digest: base64.b64encode(digest), lambda digest: digest, lambda digest: str(int.from_bytes(digest, "big")).encode())


def plainly(text):
    """What a body may be: base64, with or without its padding, or the bytes themselves."""
    try:
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        return None


def forger(cookie, code):
    """A function that makes a cookie of data of my own, with a seal like that of the honest cookie; None if that needs a secret."""
    cookie = cookie.encode()
    whole = plainly(cookie)
    halves = []
    for mark in MARKS:
        mark = mark.encode()
        for cut in (cookie.rpartition(mark), cookie.partition(mark)):
            if cut[0] and cut[2]:
                halves += [(cut[0], cut[2], lambda body, seal, mark=mark: body + mark + seal),
                           (cut[2], cut[0], lambda body, seal, mark=mark: seal + mark + body)]
    for seal in seals(code):
        for body, given, join in halves:
            for shape in SHAPES:
                # The seal is made of the text, or of what the text says.
                if shape(seal(body)) == given:
                    return lambda data: join(coded(data), shape(seal(coded(data)))).decode()
                inner = plainly(body)
                if inner is not None and shape(seal(inner)) == given:
                    return lambda data: join(coded(data), shape(seal(data))).decode()
        for shape in SHAPES if whole else ():
            size = len(shape(seal(b"")))
            for mark in (b"", b".", b":", b"|"):
                if whole[:size + len(mark)] == shape(seal(whole[size + len(mark):])) + mark:
                    return lambda data: coded(shape(seal(data)) + mark + data).decode()
                if whole[len(whole) - size - len(mark):] == mark + shape(seal(whole[:len(whole) - size - len(mark)])):
                    return lambda data: coded(data + mark + shape(seal(data))).decode()
    return None
