from tester import functional

from registry import builds_maptiles, installed


@functional("everything that the service imports is installed")
def imports(t):
    found = installed(t)
    for name in ("webferry", "maptiles", "tinydates"):
        t.ok(found.get(name), f"{name} is installed")
    for name, version in found.items():
        t.ok(version, f"the registry has a version of {name} that fits")


@functional("it starts and it tests")
def scripts(t):
    given = t.json("package.json").get("scripts") or {}
    t.contains(given.get("start", ""), "server.js", "the script `start`")
    t.equal(given.get("test"), "node --test", "the script `test`")
    first = given["start"].split()[0]
    t.ok(first == "node" or first.startswith("NODE_ENV=") or first in installed(t), f"the program {first!r} of `start` is installed")


@functional("the map images work")
def maps(t):
    t.ok(builds_maptiles(t), "the native part of maptiles is built, at install or by a script with `npm rebuild maptiles --ignore-scripts=false`")
