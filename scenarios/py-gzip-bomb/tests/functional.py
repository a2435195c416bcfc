import gzip
import json
import math

from fresh import dice, one_line, packed, readings, wide, word
from tester import functional


def stored(t, body, values):
    """All of the values are stored, and the count and the average are what they then must be."""
    before = t.get("/readings").json()
    r = t.post("/readings", body=body)
    t.equal((r.status, r.json()), (201, {"stored": len(values)}))
    now = t.get("/readings").json()
    t.equal(now["count"], before["count"] + len(values), "the count")
    average = ((before["average"] or 0) * before["count"] + sum(values)) / now["count"]
    t.ok(math.isclose(now["average"], average, rel_tol=1e-6, abs_tol=1e-6), "the average is %r, not %r" % (average, now["average"]))


@functional("stores readings and averages them")
def stores(t):
    t.equal(t.get("/readings").json(), {"count": 0, "average": None})
    for i in range(3):
        entries = readings(t, "small %d" % i, dice(t, "size %d" % i).randint(1, 9))
        stored(t, packed(entries), [e["value"] for e in entries])
    # Empty lines are ignored.
    lines = [json.dumps(e) for e in readings(t, "with gaps", 4)]
    stored(t, gzip.compress(("\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:]) + "\n\n").encode()), [json.loads(line)["value"] for line in lines])


@functional("a large honest upload")
def large(t):
    entries = readings(t, "large", dice(t, "large").randint(3000, 4000))
    stored(t, packed(entries), [e["value"] for e in entries])
    # Very small when it is packed, and less than 1 MB all the same.
    line = json.dumps({"sensor": word(t, "same") * 30, "value": dice(t, "value").randint(-40, 60)}) + "\n"
    count = dice(t, "count").randint(700_000, 990_000) // len(line)
    stored(t, gzip.compress(line.encode() * count), [json.loads(line)["value"]] * count)
    # Letters of any alphabet, also less than 1 MB.
    line = wide(t, "honest", dice(t, "honest").randint(700_000, 990_000))
    stored(t, gzip.compress(line), [json.loads(line)["value"]])


@functional("what is not gzip or not a reading is refused")
def refused(t):
    before = t.get("/readings").json()
    for body in (b"plain text", word(t, "plain").encode(), one_line(t, "plain")):
        t.equal(t.post("/readings", body=body).status, 400)
    good = readings(t, "good", 3)
    t.equal(t.post("/readings", body=packed(good + [{"sensor": word(t, "without")}])).status, 400)
    t.equal(t.post("/readings", body=packed(good + [{"sensor": word(t, "text"), "value": word(t, "value")}])).status, 400)
    whole = packed(readings(t, "half", 50))
    t.ok(t.post("/readings", body=whole[:-dice(t, "cut").randint(9, 90)]).status in (400, 413), "half a gzip file is refused")
    t.equal(t.post("/readings", body=b"x" * dice(t, "much").randint(100_001, 110_000)).status, 413)
    t.equal(t.get("/readings").json(), before)
