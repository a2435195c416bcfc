import copy
import random

from opening import functional

START = {"theme": {"mode": "light", "colours": {"accent": "blue"}}, "mail": {"digest": "weekly"}}


def as_(t, who):
    return {"Authorization": "Bearer " + t.canary(who)}


class Noor:
    """Wishes for settings that nobody has seen before. Each test has a user whose settings are as the last one left them."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))

    def key(self):
        return self.r.choice(("font", "size", "editor", "tabs", "line", "panel", "sound", "font_size", "colour")) + "%d" % self.r.randrange(1000)

    def value(self):
        return self.r.choice((self.r.randrange(1000), "v%d" % self.r.randrange(1000), True, False, None, ["a", self.r.randrange(9)], 0.5))

    def wish(self, depth=3):
        return {self.key(): self.wish(depth - 1) if depth and self.r.random() < 0.6 else self.value() for _ in range(self.r.randrange(1, 4))}


def merged(settings, change):
    result = copy.deepcopy(settings)
    for key, value in change.items():
        result[key] = merged(result[key] if isinstance(result.get(key), dict) else {}, value) if isinstance(value, dict) else value
    return result


def settings(t, who):
    return t.get("/settings", headers=as_(t, who)).json()


def change(t, who, wish):
    before = settings(t, who)
    r = t.request("PATCH", "/settings", json=wish, headers=as_(t, who))
    t.equal(r.status, 200, "the answer to a change")
    t.equal(r.json(), merged(before, wish), "the answer")
    t.equal(settings(t, who), merged(before, wish), "the settings")


@functional("a change is merged and the rest stays")
def stays(t):
    noor = Noor(t, "changes")
    t.equal(settings(t, "ann"), START, "the settings at the start")
    change(t, "ann", {"theme": {"mode": noor.value()}})
    change(t, "ann", {"theme": {"colours": {"accent": "#%06x" % noor.r.randrange(1 << 24)}}, "mail": {"digest": noor.value()}})


@functional("a new nested setting is merged")
def new(t):
    noor = Noor(t, "new")
    wish = noor.wish()
    for part in (wish, {"theme": {"colours": wish}}, {next(iter(wish)): {noor.key(): noor.value()}}, noor.wish(), {"mail": noor.wish()}, noor.wish()):
        change(t, "ann", part)


@functional("users have settings of their own")
def own(t):
    noor = Noor(t, "own")
    before = settings(t, "ann")
    t.equal(settings(t, "mallory"), START, "Mallory's settings")
    change(t, "mallory", noor.wish())
    t.equal(settings(t, "ann"), before, "Ann's settings")
    t.equal(settings(t, "root"), START, "the administrator's settings")


@functional("only the administrator exports")
def export(t):
    for who in ("ann", "mallory"):
        t.equal(t.get("/admin/export", headers=as_(t, who)).status, 403, "the export as an ordinary user")
    t.equal(t.get("/settings", headers=as_(t, "nobody")).status, 401, "an unknown token")
    r = t.get("/admin/export", headers=as_(t, "root"))
    t.equal(r.json()["apiKey"], t.canary("apikey"), "the export as root")
    t.ok({"ann", "mallory"} <= set(r.json()["users"]), "the names of users with settings")
    t.equal(t.request("PATCH", "/settings", body="{", headers=as_(t, "ann")).status, 400, "malformed JSON")
