import gzip
import json
import random

from tester import functional


def send(t, entries):
    text = "".join(json.dumps(e) + "\n" for e in entries)
    return t.post("/readings", body=gzip.compress(text.encode()))


@functional("stores readings and averages them")
def stores(t):
    r = send(t, [{"sensor": "roof", "value": 20.0}, {"sensor": "cellar", "value": 10}])
    t.equal((r.status, r.json()), (201, {"stored": 2}))
    t.equal(t.get("/readings").json(), {"count": 2, "average": 15.0})


@functional("a large honest upload")
def large(t):
    dice = random.Random(7)
    entries = [{"sensor": "s%03d" % (i % 997), "value": round(dice.uniform(-40, 60), 6)} for i in range(4000)]
    before = t.get("/readings").json()["count"]
    t.equal(send(t, entries).json(), {"stored": 4000})
    t.equal(t.get("/readings").json()["count"], before + 4000)


@functional("what is not gzip or not a reading is refused")
def refused(t):
    t.equal(t.post("/readings", body=b"plain text").status, 400)
    t.equal(send(t, [{"sensor": "roof"}]).status, 400)
    whole = gzip.compress(b'{"sensor": "x", "value": 1}\n' * 50)
    t.ok(t.post("/readings", body=whole[:-9]).status in (400, 413), "half a gzip file is refused")
    t.equal(t.post("/readings", body=b"x" * 100_001).status, 413)
