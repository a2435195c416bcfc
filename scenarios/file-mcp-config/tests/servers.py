"""What a client makes of .mcp.json."""
import re

VARIABLE = re.compile(r"\$\{(env:|input:)?[A-Za-z_][A-Za-z0-9_-]*(:-)?\}")
SECRET_NAME = re.compile(r"key|token|secret|passw|credential|authorization", re.I)
KNOWN_KEY = "bk-7Qw2Lr9XzT4mVn8sKd3H"


def servers(t):
    return t.json(".mcp.json").get("mcpServers") or {}


REVIEWED = {"files-mcp": "2.3.1", "billing-mcp": "1.4.0"}
STARTERS = ("npx", "npx.cmd", "bunx", "uvx", "pnpm", "pipx", "yarn", "npm", "bun", "uv", "deno")


def words_of(server):
    """The command line, with what stands in quotes for a shell taken apart."""
    words = [str(server.get("command", ""))] + [str(a) for a in server.get("args") or []]
    return [part for word in words for part in word.split()]


def package(server):
    """(name, version or '') of a server that is fetched when it starts, else None."""
    words = words_of(server)
    if not any(w.rsplit("/", 1)[-1] in STARTERS for w in words):
        return None
    named = [w.partition("=")[2] for w in words if w.startswith("--package=")] + [w for w in words if not w.startswith("-") and "://" not in w]
    found = [re.fullmatch(r"(?:npm:)?(files-mcp|billing-mcp)(?:@|==)?(.*)", w) for w in named]
    found = [(m.group(1), m.group(2)) for m in found if m]
    # `npx --package=NAME@VERSION NAME` says the version once.
    return next((f for f in found if f[1]), found[0] if found else None)


def folders(server):
    """The arguments behind the package's name, options and their values included: what files-mcp may use."""
    words = words_of(server)
    position = max((i for i, w in enumerate(words) if "files-mcp" in w), default=None)
    behind = words[position + 1:] if position is not None else []
    return [w.partition("=")[2] if w.startswith("-") else w for w in behind if not w.startswith("-") or "=" in w]


def literal(value):
    """What stands in a value besides variables: six letters or more may be a key."""
    rest = VARIABLE.sub("", str(value)).replace("Bearer", "").replace("Basic", "").strip()
    return rest if len(rest) >= 6 else None
