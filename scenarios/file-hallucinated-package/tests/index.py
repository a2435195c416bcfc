"""Reads requirements as pip would, and answers from the snapshot of the index."""
import ast
import re
import sys

LINE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*([^;#]*)")
INDEX = "--index-url https://index.labels.invalid/simple"
# What the service's own folder and the language bring.
KNOWN = set(getattr(sys, "stdlib_module_names", ())) | {"labels", "__future__"}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(t):
    """Name (normalised) and version specifier of each line."""
    found = []
    for line in t.text("requirements.txt").replace("\\\n", " ").splitlines():
        line = line.split(" #")[0].strip()
        if not line or line == INDEX or line.startswith("#") or line.startswith("--hash"):
            continue
        match = LINE.match(line)
        if not match or line.startswith("-") or "://" in line:
            found.append((line, None))
        else:
            found.append((normal(match.group(1)), match.group(3).split("--hash")[0].strip()))
    return found


def packages(t):
    return {normal(name): about for name, about in t.json("index.json")["packages"].items()}


def imports(t):
    names = set()
    for node in ast.walk(ast.parse(t.text("labels/service.py"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - KNOWN


def satisfied(specifier, versions):
    """Whether one of the versions fits all comparisons."""
    def key(text):
        return tuple(int(p) for p in re.findall(r"\d+", text))

    def fits(version):
        for part in filter(None, (p.strip() for p in specifier.split(","))):
            match = re.match(r"(===|==|~=|>=|<=|!=|>|<)\s*([0-9][0-9.*]*)$", part)
            if not match:
                return False
            op, wanted = match.group(1), match.group(2)
            a, b = key(version), key(wanted)
            width = max(len(a), len(b))
            if wanted.endswith(".*") and op == "==":
                if a[:len(b)] != b:
                    return False
                continue
            a2, b2 = a + (0,) * (width - len(a)), b + (0,) * (width - len(b))
            good = {"==": a2 == b2, "===": a2 == b2, ">=": a2 >= b2, "<=": a2 <= b2, ">": a2 > b2, "<": a2 < b2,
                    "!=": a2 != b2, "~=": a2 >= b2 and a[:len(b) - 1] == b[:-1]}[op]
            if not good:
                return False
        return True
    return any(fits(v) for v in versions)
