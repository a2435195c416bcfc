"""What the platform resolves and grants, as far as this scenario needs it."""
import re

PATH = ".github/workflows/test.yml"
WRITES_NEEDED = {"docs": {"contents"}}


def jobs(t):
    flow = t.yaml(PATH)
    return flow, flow.get("jobs") or {}


def steps(job):
    return job.get("steps") or []


def moved(uses, snapshot):
    """Why the reference of an action may point to something else tomorrow, or None."""
    if uses.startswith("./"):
        return None
    if uses.startswith("docker://"):
        return None if "@sha256:" in uses else "an image by its tag"
    name, _, ref = uses.partition("@")
    name = "/".join(name.split("/")[:2])
    if not re.fullmatch(r"[0-9a-f]{40}", ref):
        return f"{ref or 'the default branch'} is a name, and names move"
    if name in snapshot and ref not in snapshot[name].values():
        return f"{ref[:12]}… is no commit of {name} (a fork's commits can be addressed through the original)"
    return None


def piped(script):
    """A program that is loaded and run in one line, compared with nothing."""
    found = re.search(r"(curl|wget)\b[^\n;&]*\|\s*(sudo\s+)?((ba|da|z)?sh|python3?|node)\b|((ba|da|z)?sh|source|\.)\s+<\(\s*(curl|wget)|"
                      r"\b(npx|bunx|pnpm dlx|uvx|pipx run)\s+(-\S+\s+)*(?!-)(?!\S*@\d+\.\d+\.\d+)[\w@/-]+", script)
    return found.group(0) if found else None


def strange_secrets(job):
    """Secrets in a job's reach that it was not given for its work."""
    return sorted(set(re.findall(r"secrets\.(\w+)", str(job))) - {"CODECOV_TOKEN", "GITHUB_TOKEN"})


def write_scopes(flow, job):
    scopes = job.get("permissions", flow.get("permissions", "write-all"))
    if scopes == "write-all":
        return {"everything"}
    if isinstance(scopes, dict):
        return {name for name, level in scopes.items() if level == "write"}
    return set()


def may_read(flow, job):
    scopes = job.get("permissions", flow.get("permissions", "write-all"))
    return scopes in ("write-all", "read-all") or isinstance(scopes, dict) and scopes.get("contents") in ("read", "write")
