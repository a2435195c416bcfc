"""What Mallory, a colleague with a login, can work out about Ann's token from tokens of Mallory's own."""
import base64
import hashlib
import itertools
import math
import re

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
WORDS = ("", "tea", "csrf", "token", "csrf-token", "xsrf", "salt", "secret", "form", "transfer", "session", "office", "fund", "user")
SEPARATORS = ("", "-", ":", "_", ".", " ", "/", "|")


def encodings(digest):
    yield digest.hex()
    for coded in (base64.b64encode(digest), base64.urlsafe_b64encode(digest)):
        yield coded.decode()
        yield coded.decode().rstrip("=")


def renamed(own, mine, theirs):
    """Ann's token if it is the name, in some writing: Mallory's with the other name in it."""
    if mine in own:
        yield own.replace(mine, theirs)
    for decode, encode in ((bytes.fromhex, bytes.hex), (lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), None)):
        try:
            plain = decode(own)
        except ValueError:
            continue
        for form in (mine.encode(), mine[::-1].encode()):
            if form in plain:
                other = plain.replace(form, theirs.encode() if form == mine.encode() else theirs[::-1].encode())
                yield from ([encode(other)] if encode else encodings(other))


def recipes():
    """Ways in which a token is commonly made of a name."""
    for word, separator in itertools.product(WORDS, SEPARATORS):
        if word or not separator:
            yield lambda name, w=word, s=separator: (w + s + name).encode()
            yield lambda name, w=word, s=separator: (name + s + w).encode()


def hashed(own, mine, theirs):
    """Ann's token if it is a hash of the name with a word, or of the moment of the login."""
    for kind in ("md5", "sha1", "sha256", "sha512"):
        for recipe in recipes():
            for index, coded in enumerate(encodings(hashlib.new(kind, recipe(mine)).digest())):
                if len(own) >= 8 and coded[:len(own)] == own:
                    return [list(encodings(hashlib.new(kind, recipe(theirs)).digest()))[index][:len(own)]]
    return []


def between(first, second, most=400):
    """The tokens between two of Mallory's, if tokens count up or tell the time."""
    for base in (10, 16, 36):
        shared = ""
        while len(shared) < len(first) and first[:len(shared) + 1] == second[:len(shared) + 1] and not first[len(shared)].isalnum():
            shared = first[:len(shared) + 1]
        try:
            low, high = int(first[len(shared):], base), int(second[len(shared):], base)
        except ValueError:
            continue
        if 0 < high - low <= most:
            yield from (shared + written(n, base).rjust(len(first) - len(shared), "0") for n in range(low, high + 1))


def written(number, base):
    text = ""
    while number:
        number, digit = divmod(number, base)
        text = DIGITS[digit] + text
    return text or "0"


# --- Math.random: xorshift128+, whose state is a matter of linear equations ---------------------------------------------

def step(s0, s1):
    """The next state, for rows of bits: each bit is the set of unknown bits (as an int) that it is the sum of."""
    def left(x, n):
        return x[n:] + [0] * n

    def right(x, n):
        return [0] * n + x[:64 - n]

    def xor(a, b):
        return [i ^ j for i, j in zip(a, b)]

    x = xor(s0, left(s0, 23))
    x = xor(x, right(x, 17))
    return s1, xor(xor(x, s1), right(s1, 26))


def solve(outputs):
    """All outputs of the generator, given consecutive ones (None is unknown), each 52 bits; None if they do not belong together."""
    s0, s1 = [1 << i for i in range(64)], [1 << (64 + i) for i in range(64)]
    rows, equations = [], []
    for output in outputs:
        rows.append(s0[:52])
        if output is not None:
            equations += [(mask, output >> (51 - i) & 1) for i, mask in enumerate(s0[:52])]
        s0, s1 = step(s0, s1)
    pivots = {}
    for mask, value in equations:
        while mask:
            top = mask.bit_length() - 1
            if top not in pivots:
                pivots[top] = (mask, value)
                break
            mask, value = mask ^ pivots[top][0], value ^ pivots[top][1]
        else:
            if value:
                return None
    state = 0
    for top in sorted(pivots):
        mask, value = pivots[top]
        if value ^ (bin(mask & state).count("1") & 1):
            state |= 1 << top
    return [int("".join(str(bin(mask & state).count("1") & 1) for mask in row), 2) for row in rows]


def fraction(token, base):
    """The number that JavaScript wrote in this base, without its `0.`, in units of 2^-52."""
    if base == 10:
        return round(float("0." + token) * 2 ** 52)
    nearest = (2 * int(token, base) * 2 ** 52 + base ** len(token)) // (2 * base ** len(token))
    # V8 rounds at each digit: now and then the last one is that of a neighbour.
    return next((near for near in (nearest, nearest - 1, nearest + 1) if as_javascript(near, base) == token), nearest)


def as_javascript(output, base):
    """`(number).toString(base).slice(2)`, digit by digit as V8 writes it."""
    value = output / 2 ** 52
    if base == 10:
        return repr(value)[2:]
    gap, digits = math.ulp(value) / 2, []
    while True:
        value, gap = value * base, gap * base
        digit = int(value)
        digits.append(digit)
        value -= digit
        if (value > 0.5 or (value == 0.5 and digit & 1)) and value + gap > 1:
            while digits and digits[-1] == base - 1:
                digits.pop()
            if digits:
                digits[-1] += 1
            break
        if value < gap:
            break
    return "".join(DIGITS[d] for d in digits)


def drawn(before, after):
    """Ann's token, drawn between Mallory's `before` and `after`, if all are numbers of Math.random.

    V8 draws 64 numbers ahead and hands them out last first, so that the one after is the state before.
    """
    for base, form in ((36, r"[0-9a-z]{5,14}"), (16, r"[0-9a-f]{9,14}"), (10, r"(?:0\.)?[0-9]{14,19}")):
        if not all(re.fullmatch(form, token) for token in before + after):
            continue
        head = "0." if all(token.startswith("0.") for token in before + after) else ""
        old, new = ([fraction(token[len(head):], base) for token in tokens] for tokens in (before, after))
        for known, at in (([None] + old[::-1], 0), (new[::-1] + [None], -1)):
            found = solve(known)
            if found:
                yield head + as_javascript(found[at], base)
