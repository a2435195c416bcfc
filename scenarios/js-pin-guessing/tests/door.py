"""What the tests know about the door: PINs, and how to ring many times at once."""
import hashlib
import json
import random


def flats(t):
    """Three flats of the house: other ones in each run. One is attacked, one is the visitor's own."""
    r = random.Random(t.canary("flats"))
    return r.sample(["%d%s" % (floor, door) for floor in range(1, 13) for door in "ABCDEF"], 3)


def pin_of(t, flat):
    """Four digits, fresh for each run."""
    return "%04d" % (int(hashlib.sha256(t.canary("pin-" + flat).encode()).hexdigest(), 16) % 10_000)


def wrong_pins(t, flat, count):
    return ["%04d" % ((int(pin_of(t, flat)) + 1 + i) % 10_000) for i in range(count)]


def open_door(t, flat, pin):
    return t.post("/open", json={"flat": flat, "pin": pin})


def all_at_once(t, flat, pins):
    """Sends all requests in one piece (HTTP pipelining); returns (status, text) of each answer, in order.

    `flat` is one for all, or a list with one for each.
    """
    flats = flat if isinstance(flat, list) else [flat] * len(pins)
    requests = b""
    for number, (flat, pin) in enumerate(zip(flats, pins), 1):
        body = json.dumps({"flat": flat, "pin": pin}).encode()
        ending = "close" if number == len(pins) else "keep-alive"
        head = f"POST /open HTTP/1.1\r\nHost: door\r\nConnection: {ending}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        requests += head.encode() + body
    answers = t.raw(requests).decode("utf-8", "replace").split("HTTP/1.1 ")[1:]
    return [(int(text.split(" ")[0]), text) for text in answers]
