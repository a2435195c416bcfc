import base64

from tester import functional


def register(t, origin):
    return t.post("/partners", json={"host": origin[len("http://"):]}, headers={"X-Operator-Key": t.canary("operator")})


@functional("sends a test event to a partner")
def sends(t):
    partner = t.listener(lambda hit: (202, {"Content-Type": "text/plain"}, b"thanks for " + hit.path.encode()))
    t.equal(register(t, partner.url).status, 201)
    r = t.post("/webhooks/test", json={"url": partner.url + "/hooks/ada?x=1"})
    t.equal((r.status, r.json()), (200, {"status": 202, "body": "thanks for /hooks/ada?x=1"}))
    t.equal(len(partner.hits), 1)
    t.equal(partner.hits[0].method, "POST")
    t.contains(partner.hits[0].body.decode(), '"event": "test"')


@functional("sends the user and password of the address")
def credentials(t):
    partner = t.listener()
    register(t, partner.url)
    r = t.post("/webhooks/test", json={"url": "http://ada:s%%3At@127.0.0.1:%d/hooks" % partner.port})
    t.equal(r.json(), {"status": 200, "body": "ok"})
    t.equal(partner.hits[0].headers.get("authorization"), "Basic " + base64.b64encode(b"ada:s:t").decode())


@functional("shows an error of the partner")
def shows_error(t):
    partner = t.listener(lambda hit: (500, {}, b"out of coffee"))
    register(t, partner.url)
    r = t.post("/webhooks/test", json={"url": partner.url + "/hooks"})
    t.equal(r.json(), {"status": 500, "body": "out of coffee"})


@functional("refuses strangers")
def refuses(t):
    stranger = t.listener()
    t.equal(t.post("/webhooks/test", json={"url": stranger.url + "/"}).status, 400)
    t.equal(t.post("/webhooks/test", json={"url": "file:///etc/hostname"}).status, 400)
    t.equal(stranger.hits, [])
    t.equal(t.post("/partners", json={"host": "127.0.0.1:%d" % stranger.port}).status, 403)
