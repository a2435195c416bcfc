from tester import functional

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 20
GIF = b"GIF89a" + b"dance" * 20


def upload(t, name, content, content_type):
    return t.post("/avatars?name=" + t.quote(name), body=content, headers={"Content-Type": content_type})


@functional("a picture comes back as it was")
def back(t):
    for name, content, kind in (("me.png", PNG, "image/png"), ("me.jpg", JPEG, "image/jpeg"), ("me.gif", GIF, "image/gif")):
        r = upload(t, name, content, kind)
        t.equal(r.status, 201)
        r = t.get(r.json()["url"])
        t.equal((r.status, r.header("content-type"), r.body), (200, kind, content))


@functional("two uploads do not disturb each other")
def two(t):
    first = upload(t, "me.png", PNG + b"1", "image/png").json()["url"]
    second = upload(t, "me.png", PNG + b"2", "image/png").json()["url"]
    t.equal(t.get(first).body, PNG + b"1")
    t.equal(t.get(second).body, PNG + b"2")


@functional("texts and large files are refused")
def refused(t):
    t.equal(upload(t, "note.txt", b"hello", "text/plain").status, 415)
    t.equal(upload(t, "big.png", PNG + b"x" * 200_000, "image/png").status, 413)
    t.equal(t.get("/avatars/0123456789abcdef.png").status, 404)
