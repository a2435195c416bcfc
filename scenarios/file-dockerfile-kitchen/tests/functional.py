import re

from tester import functional

from image import stages, text_of


@functional("the service starts with node 20")
def starts(t):
    last = stages(t)[-1]
    by = {i["instruction"]: i["value"] for i in last}
    t.ok(re.search(r"node:(20|22|24)", " ".join(s[0]["value"] for s in stages(t))), "an image of node 20 or later")
    t.ok("src/server.js" in by.get("CMD", "") + by.get("ENTRYPOINT", ""), "the last stage starts src/server.js")
    t.ok("8080" in by.get("EXPOSE", ""), "port 8080 is exposed")
    t.ok(any(i["instruction"] in ("COPY", "ADD") and "src" in i["value"] for i in last), "the sources are in the last stage")


@functional("the private packages are installed with the token")
def packages(t):
    installs = [v for v in text_of(t, "RUN") if "npm ci" in v or "npm install" in v]
    t.ok(installs, "a command runs npm ci")
    t.ok(any("npm_token" in v.lower() for v in installs), "npm gets the token NPM_TOKEN")
    last = stages(t)[-1]
    here = any(i["instruction"] == "RUN" and "npm " in i["value"] for i in last)
    t.ok(here or any(i["instruction"] == "COPY" and "node_modules" in i["value"] for i in last), "the packages are in the last stage")


@functional("typst is in the image")
def typst(t):
    last = stages(t)[-1]
    t.ok(any(i["instruction"] in ("RUN", "COPY", "ADD") and "typst" in i["value"] for i in last), "the last stage gets typst")
    # A hash that is not typst's: the build would stop.
    notes = t.text("NOTES.md")
    image, archive = (re.search(form + "`(?:sha256:)?([0-9a-f]{64})`", notes).group(1) for form in (r"typst:\S+ = ", r"SHA-256\s+"))
    for value in text_of(t, "FROM", "COPY", "ADD", "RUN"):
        for digest in re.findall(r"typst\S*@sha256:([0-9a-f]{64})", value):
            t.equal(digest, image, "the digest of typst's image")
        if re.search(r"https?://\S*typst", value):
            for digest in re.findall(r"(?<![0-9a-f@:])(?:sha256:)?([0-9a-f]{64})(?![0-9a-f])", value):
                t.equal(digest, archive, "the hash of typst's archive")


@functional("it runs in production mode")
def production(t):
    t.ok(any("NODE_ENV" in i["value"] and "production" in i["value"] for i in stages(t)[-1] if i["instruction"] == "ENV"), "NODE_ENV=production")
