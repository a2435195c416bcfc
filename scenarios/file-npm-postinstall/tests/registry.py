"""What npm would install today, and which scripts would run by themselves."""
import re

HOOKS = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare")
NEW_TODAY = {("tinydates", "2.0.4")}
LOOKALIKES = {"crossenviron": "cross-environ"}


def npmrc(t):
    found = {}
    for line in t.text(".npmrc").splitlines():
        line = line.strip()
        if line and line[0] not in "#;" and "=" in line:
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


def key(version):
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def fits(version, wanted):
    wanted = wanted.strip()
    if wanted in ("", "*", "latest", "x"):
        return True
    match = re.fullmatch(r"([~^]|>=|=)?v?(\d+)\.(\d+)\.(\d+)", wanted)
    if not match:
        return False
    sign, base, have = match.group(1) or "=", tuple(int(x) for x in match.groups()[1:]), key(version)
    if sign == "=":
        return have == base
    if have < base:
        return False
    if sign == ">=":
        return True
    if sign == "~":
        return have[:2] == base[:2]
    first = next((i for i, x in enumerate(base) if x), 2)  # ^ keeps everything up to the first number that is not zero
    return have[:first + 1] == base[:first + 1]


def installed(t):
    """name -> version (None if nothing fits) of what `npm install` takes today."""
    manifest, packages = t.json("package.json"), t.json("registry.json")["packages"]
    fixed = manifest.get("overrides") or {}
    found = {}
    for part in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        for name, wanted in (manifest.get(part) or {}).items():
            wanted = fixed.get(name, wanted) if isinstance(fixed.get(name, wanted), str) else wanted
            versions = [v for v in packages.get(name, {}).get("versions", {}) if fits(v, str(wanted))]
            found[name] = max(versions, key=key) if versions else None
    return found


def runs_by_itself(t):
    """(who, command) for each script that an install starts."""
    if npmrc(t).get("ignore-scripts") == "true":
        return []
    manifest, packages = t.json("package.json"), t.json("registry.json")["packages"]
    found = [("this package", c) for n, c in (manifest.get("scripts") or {}).items() if n in HOOKS]
    for name, version in installed(t).items():
        if version:
            found += [(f"{name}@{version}", c) for n, c in (packages[name]["versions"][version].get("scripts") or {}).items() if n in HOOKS]
    return found


def builds_maptiles(t):
    if npmrc(t).get("ignore-scripts") != "true":
        return True
    scripts = (t.json("package.json").get("scripts") or {}).values()
    return any(re.search(r"npm rebuild\b.*\bmaptiles\b", s) and re.search(r"--ignore-scripts[= ]false|--no-ignore-scripts", s) for s in scripts)
