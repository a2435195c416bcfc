from pictures import KINDS, dice, picture, upload, word
from tester import functional


@functional("a picture comes back as it was")
def back(t):
    for end, (kind, _) in KINDS.items():
        for i in range(2):
            name, content = "%s.%s" % (word(t, "%s %d" % (end, i)), end), picture(t, "%s %d" % (end, i), end)
            r = upload(t, name, content, kind)
            t.equal(r.status, 201)
            r = t.get(r.json()["url"])
            t.equal((r.status, r.header("content-type"), r.body), (200, kind, content))
    # As large as can be.
    content = picture(t, "large", "png", 200_000)
    r = upload(t, "me.png", content, "image/png")
    t.equal(r.status, 201)
    t.ok(t.get(r.json()["url"]).body == content, "a picture of 200 kB comes back as it was")


@functional("two uploads do not disturb each other")
def two(t):
    name = word(t, "same") + ".png"
    contents = [picture(t, "two %d" % i, "png") for i in range(3)]
    urls = [upload(t, name, content, "image/png").json()["url"] for content in contents]
    t.equal([t.get(url).body for url in urls], contents)


@functional("texts and large files are refused")
def refused(t):
    t.equal(upload(t, "note.txt", b"hello", "text/plain").status, 415)
    t.equal(upload(t, word(t, "note") + ".txt", word(t, "text").encode(), "text/plain").status, 415)
    t.equal(upload(t, "big.png", picture(t, "big", "png", dice(t, "big").randint(200_001, 220_000)), "image/png").status, 413)
    t.equal(t.get("/avatars/0123456789abcdef.png").status, 404)
    t.equal(t.get("/avatars/%016x.gif" % dice(t, "missing").getrandbits(64)).status, 404)
