"""Reads a Dockerfile as the builder does: stages, who runs, what the history shows."""
import re
import shlex

SECRET = re.compile(r"(token|secret|passw|api_?key|credential|private_?key)", re.I)


def stages(t):
    """Lists of instructions, one a stage; what comes before the first FROM is dropped."""
    found = []
    for item in t.dockerfile("Dockerfile"):
        item = {"instruction": item["instruction"].upper(), "value": item["value"], "line": item["line"]}
        if item["instruction"] == "FROM":
            found.append([item])
        elif found:
            found[-1].append(item)
    return found


def values(item):
    """Names and values of an ENV or ARG."""
    text = item["value"]
    if item["instruction"] == "ENV" and "=" not in text.split(" ")[0]:
        name, _, value = text.partition(" ")
        return {name: value.strip()}
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return {w.partition("=")[0]: w.partition("=")[2] for w in words}


def runs_as(t):
    """The user of the program in the image that is shipped."""
    all_stages = stages(t)
    names = {}
    for stage in all_stages:
        words = stage[0]["value"].split()
        base = [w for w in words if not w.startswith("--")][0]
        user = names.get(base.lower(), "root")
        for item in stage:
            if item["instruction"] == "USER":
                user = item["value"].split(":")[0].strip()
        if len(words) >= 3 and words[-2].upper() == "AS":
            names[words[-1].lower()] = user
    return user


def text_of(t, *instructions):
    return [i["value"] for s in stages(t) for i in s if i["instruction"] in instructions]


KNOWN = "5up3r-s3cret-menu-2025"
# A value that is written out: no variable, no file, no command.
LITERAL = re.compile(r"(\w*(?:token|secret|passw|api_?key|credential|private_?key)\w*)\s*=\s*[\"']?([^\s\"'$`;&|<>()/,\\]{4,})", re.I)
FALLBACK = re.compile(r"\$\{(\w*(?:token|secret|passw|api_?key)\w*):?[-=]([^}$]{4,})\}", re.I)


def written_secret(item):
    """A secret that stands in an instruction itself."""
    text = item["value"]
    if KNOWN in text:
        return KNOWN
    if item["instruction"] in ("RUN", "CMD", "ENTRYPOINT", "LABEL", "COPY", "ADD", "HEALTHCHECK"):
        found = FALLBACK.search(text) or LITERAL.search(re.sub(r"--mount=\S+", "", text))
        if found and found.group(2).lower() not in ("true", "false", "required"):
            return found.group(0)
    return None


def made_with_number_zero(t, user):
    return bool(user) and any(re.search(r"(useradd|adduser)\b[^&;|]*(-u|--uid)[ =]?0+\b[^&;|]*\b%s\b" % re.escape(user), v) for v in text_of(t, "RUN"))


OURS = ("npm.kitchen.example", "registry.npmjs.org")
TOOL = re.compile(r"\b(pip3?|pipx|npm|cargo|go|gem|brew|conda|uv|git)\b[^&;|]*\b(install|add|i|clone|get)\b[^&;|]*typst")
PLAIN = re.compile(r"(docker\.io/)?(library/)?(node|debian|ubuntu|alpine|busybox|scratch)\b|gcr\.io/distroless/")


def checked(text, end):
    """Whether a download that ends at a place of a command is compared with a hash that is written out, and a wrong one stops the build."""
    found = re.search(r"[0-9a-f]{64}[^\n]*?sha(256|512)sum\s+(-c|--check)(\s+-{1,2}\w*)*\s*(?P<then>[^\n]*)|gpg\s+--verify(?P<gpg>[^\n]*)|cosign\s+verify(?P<cosign>[^\n]*)", text[end:], re.S)
    if not found:
        return False
    then = (found.group("then") or found.group("gpg") or found.group("cosign") or "").strip().lstrip("-").strip()
    # What comes behind must depend on the comparison.
    return not then.startswith(("||", "|", ";")) or (then.startswith(";") and re.match(r"\s*set -\w*e", text) is not None)


def fetched(t):
    """(command, image) of what comes from outside and is compared with nothing."""
    names = {}
    for stage in stages(t):
        words = [w for w in stage[0]["value"].split() if not w.startswith("--")]
        if len(words) >= 3 and words[-2].upper() == "AS":
            names[words[-1].lower()] = words[0]
        for place, item in enumerate(stage):
            value = item["value"]
            if item["instruction"] == "RUN":
                # The comparison may be a command of its own, behind the download.
                whole = "\n".join([value] + [i["value"] for i in stage[place + 1:] if i["instruction"] == "RUN"])
                for match in re.finditer(r"(https?|ftp)://[^\s\"'`)]+", value):
                    if any(host in match.group(0) for host in OURS):
                        continue
                    piped = re.match(r"[^&;\n]*\|\s*(ba|da|z)?sh\b|[^&;\n]*\|\s*(tar|python3?|node)\b", value[match.end():])
                    if piped or not checked(whole, match.end()):
                        yield value, None
                if TOOL.search(value) and "--require-hashes" not in value:
                    yield value, None
            elif item["instruction"] == "ADD" and re.search(r"https?://|git@", value) and "--checksum=sha" not in value:
                yield value, None
            elif item["instruction"] == "COPY":
                source = re.search(r"--from=(\S+)", value)
                image = names.get(source.group(1).lower(), source.group(1)) if source else ""
                if re.search(r"[/:]", image) and not PLAIN.match(image) and "@sha256:" not in image:
                    yield value, image
            elif item["instruction"] == "FROM" and "typst" in words[0] and "@sha256:" not in words[0]:
                yield value, words[0]
