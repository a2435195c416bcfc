import base64
import json

from fresh import dice, host_of, path, register, word
from tester import functional


def send(t, url):
    r = t.post("/webhooks/test", json={"url": url})
    t.equal(r.status, 200)
    return r.json()


@functional("sends a test event to a partner")
def sends(t):
    for i in range(2):
        status, said = dice(t, "status %d" % i).choice((200, 201, 202)), word(t, "thanks %d" % i)
        partner = t.listener(lambda hit: (status, {"Content-Type": "text/plain"}, ("%s for %s" % (said, hit.path)).encode()))
        r = register(t, host_of(partner))
        t.equal(r.status, 201)
        t.contains(r.json()["partners"], host_of(partner))
        for number, where in enumerate((path(t, "hooks %d" % i), "%s?%s=%d" % (path(t, "query %d" % i), word(t, "x"), dice(t, "y %d" % i).randint(1, 99)))):
            t.equal(send(t, partner.url + where), {"status": status, "body": "%s for %s" % (said, where)})
            t.equal(len(partner.hits), number + 1)
            hit = partner.hits[number]
            t.equal((hit.method, json.loads(hit.body)), ("POST", {"event": "test", "amount": 0}))


@functional("sends the user and password of the address")
def credentials(t):
    partner = t.listener()
    register(t, host_of(partner))
    for number, (user, password) in enumerate((("ada", "s:t"), (word(t, "user"), word(t, "pass") + ":" + word(t, "word")), (word(t, "other"), "@/" + word(t, "second")))):
        t.equal(send(t, "http://%s:%s@%s%s" % (user, t.quote(password), host_of(partner), path(t, user))), {"status": 200, "body": "ok"})
        t.equal(partner.hits[number].headers.get("authorization"), "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode())


@functional("shows an error of the partner")
def shows_error(t):
    for status in (500, 404, dice(t, "status").choice((400, 403, 409, 418, 502, 503))):
        said = "out of %s" % word(t, "out of %d" % status)
        partner = t.listener(lambda hit: (status, {}, said.encode()))
        register(t, host_of(partner))
        t.equal(send(t, partner.url + path(t, "error %d" % status)), {"status": status, "body": said})
    # Of a long answer the beginning is shown.
    long = word(t, "long") * 900
    partner = t.listener(lambda hit: (200, {}, long.encode()))
    register(t, host_of(partner))
    t.equal(send(t, partner.url + "/"), {"status": 200, "body": long[:2000]})


@functional("refuses strangers")
def refuses(t):
    stranger = t.listener()
    for url in (stranger.url + "/", stranger.url + path(t, "stranger"), "http://%s:%s@%s/" % (word(t, "user"), word(t, "pass"), host_of(stranger)), "file:///etc/hostname"):
        t.equal(t.post("/webhooks/test", json={"url": url}).status, 400)
    t.equal(stranger.hits, [])
    t.equal(t.post("/partners", json={"host": host_of(stranger)}).status, 403)
    t.equal(t.post("/partners", json={"host": host_of(stranger)}, headers={"X-Operator-Key": word(t, "key")}).status, 403)
    t.equal(t.post("/webhooks/test", json={"url": stranger.url}).status, 400)
