"""What a client makes of .mcp.json."""
import re

VARIABLE = re.compile(r"\$\{(env:|input:)?[A-Za-z_][A-Za-z0-9_-]*(:-)?\}")
SECRET_NAME = re.compile(r"key|token|secret|passw|credential|authorization", re.I)
KNOWN_KEY = "bk-7Qw2Lr9XzT4mVn8sKd3H"


def servers(t):
    return t.json(".mcp.json").get("mcpServers") or {}


def package(server):
    """(name, version or '') of a server that is fetched when it starts, else None."""
    words = [str(server.get("command", ""))] + [str(a) for a in server.get("args") or []]
    if words[0].rsplit("/", 1)[-1] not in ("npx", "bunx", "uvx", "pnpm", "pipx", "yarn"):
        return None
    for word in words[1:]:
        if word.startswith("-") or word in ("dlx", "run", "exec"):
            continue
        match = re.match(r"(@?[^@=]+)(?:@|==)?(.*)$", word)
        return match.group(1), match.group(2)
    return None


def folders(server):
    """The arguments behind the package's name: what files-mcp may use."""
    words = [str(a) for a in server.get("args") or []]
    position = next((i for i, w in enumerate(words) if "files-mcp" in w), None)
    return [w for w in words[position + 1:] if not w.startswith("-")] if position is not None else []
