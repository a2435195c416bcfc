"""A copy of Python's generator (Mersenne Twister), made from what it has given. Each number is 32 of its 19,968 bits, mixed but
not hidden; the number after 624 others follows from three of them."""
import base64
import itertools
import math
import re
import uuid

# What a version-4 UUID overwrites: the version and the variant.
UUID_MARKS = 0xF << 76 | 0x3 << 62


def untemper(y):
    y ^= y >> 18
    y ^= (y << 15) & 0xEFC60000
    x = y
    for _ in range(7):
        x = y ^ ((x << 7) & 0x9D2C5680)
    y = x & 0xFFFFFFFF
    x = y
    for _ in range(3):
        x = y ^ (x >> 11)
    return x


def temper(y):
    y ^= y >> 11
    y ^= (y << 7) & 0x9D2C5680
    y ^= (y << 15) & 0xEFC60000
    return y ^ (y >> 18)


def turned(first, second, middle):
    """The state word 624 after `first`."""
    y = (first & 0x80000000) | (second & 0x7FFFFFFF)
    return middle ^ (y >> 1) ^ (0x9908B0DF if y & 1 else 0)


def from_hex(order):
    def read(token):
        return int.from_bytes(bytes.fromhex(token.zfill(len(token) + len(token) % 2)), order), 4 * len(token)

    def write(value, like):
        return value.to_bytes((len(like) + 1) // 2, order).hex()[-len(like):]
    return read, write


def from_base64(decode, encode, order):
    def read(token):
        data = decode(token + "=" * (-len(token) % 4))
        return int.from_bytes(data, order), 8 * len(data)

    def write(value, like):
        text = encode(value.to_bytes(len(like) * 6 // 8 - like.count("="), order)).decode()
        return text if "=" in like else text.rstrip("=")
    return read, write


# How a number may be written as a token: how it is read, how it is written, and which of its bits are lost.
READINGS = [(r"[0-9a-f]+", *from_hex(order), 0) for order in ("big", "little")]
READINGS += [(r"[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}", *from_hex("big"), UUID_MARKS),
             (r"[0-9a-f-]{36}", lambda token: (uuid.UUID(token).int, 128), lambda value, like: str(uuid.UUID(int=value, version=4)), UUID_MARKS)]
READINGS += [(r"[A-Za-z0-9_=-]{8,}", *from_base64(base64.urlsafe_b64decode, base64.urlsafe_b64encode, order), 0) for order in ("big", "little")]
READINGS += [(r"[A-Za-z0-9+/=]{8,}", *from_base64(base64.b64decode, base64.b64encode, order), 0) for order in ("big", "little")]


def words_of(value, bits, lost):
    """The numbers of 32 bits that getrandbits put together, each with the bits that cannot be seen."""
    count = -(-bits // 32)
    found = []
    for i in range(count):
        part, unseen = value >> 32 * i & 0xFFFFFFFF, lost >> 32 * i & 0xFFFFFFFF
        missing = 32 * count - bits if i == count - 1 else 0
        found.append((part << missing & 0xFFFFFFFF, unseen | (1 << missing) - 1))
    return found


def spellings(word):
    """All that a number may have been, as state words."""
    value, unseen = word
    places = [1 << i for i in range(32) if unseen >> i & 1]
    for bits in itertools.product((0, 1), repeat=len(places)):
        yield untemper(value & ~unseen | sum(p for p, bit in zip(places, bits) if bit))


def foretold(tokens):
    """What follows after the tokens, one way to read them after the other: (candidates of each word, write, read, lost)."""
    for pattern, read, write, lost in READINGS:
        if not all(re.fullmatch(pattern, token) for token in tokens):
            continue
        try:
            values = [read(token) for token in tokens]
        except ValueError:
            continue
        bits = values[0][1]
        if not 32 <= bits <= 4096 or any(b != bits for _, b in values):
            continue
        seen = [word for value, _ in values for word in words_of(value, bits, lost)]
        count, n = -(-bits // 32), len(seen)
        if n < 624:
            continue
        following = []
        for place in range(n, n + count):
            needed = [seen[i] for i in (place - 624, place - 623, place - 227) if i < n]
            unseen = sum(bin(word[1]).count("1") for word in needed)
            if len(needed) < 3 or unseen > 10:
                following.append(None)
                continue
            following.append({temper(turned(*three)) for three in itertools.product(*map(spellings, needed))})
        yield following, read, write, lost


def explains(following, words):
    """How many bits of a token were foretold; 0 if one was foretold wrongly."""
    bits = 0.0
    for candidates, (value, unseen) in zip(following, words):
        if candidates is None:
            continue
        if not any((c ^ value) & ~unseen & 0xFFFFFFFF == 0 for c in candidates):
            return 0.0
        bits += max(0.0, 32 - bin(unseen).count("1") - math.log2(len(candidates)))
    return bits
