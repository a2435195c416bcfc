"""Where a program takes its chance from, by reading it."""
import ast

# The operating system's generator, by all its names.
SAFE = {"secrets." + n for n in ("token_bytes", "token_hex", "token_urlsafe", "randbits", "randbelow", "choice", "SystemRandom")}
SAFE |= {"os.urandom", "os.getrandom", "uuid.uuid4", "random.SystemRandom", "ssl.RAND_bytes"}
SAFE_WORDS = ("/dev/urandom", "/dev/random", "openssl")
# A seed from it is soon used up: what comes out afterwards follows from what came out before.
SEEDS = {"random.seed", "random.Random"}


def foreseeable(code):
    """Names of what the tokens are made of, if none of it is the operating system's generator; else None."""
    tree = ast.parse(code)
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update({alias.asname or alias.name.split(".")[0]: alias.name if alias.asname else alias.name.split(".")[0] for alias in node.names})
        elif isinstance(node, ast.ImportFrom):
            names.update({alias.asname or alias.name: "%s.%s" % (node.module, alias.name) for alias in node.names})

    def dotted(node):
        if isinstance(node, ast.Name):
            return names.get(node.id, "")
        if isinstance(node, ast.Attribute):
            before = dotted(node.value)
            return before + "." + node.attr if before else ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__" and node.args:
            return getattr(node.args[0], "value", "")
        return ""

    used = []

    def look(node):
        name = dotted(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        if name in SAFE or name.startswith("secrets.") and name == "secrets.*":
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            if any(word in text for word in SAFE_WORDS):
                return True
        if isinstance(node, ast.Call) and dotted(node.func) in SEEDS:
            used.append(dotted(node.func))
            return False
        if name.split(".")[0] in ("random", "time", "datetime", "uuid", "hashlib") and "." in name:
            used.append(name)
        return any(look(child) for child in ast.iter_child_nodes(node))

    # Imports with a star bring names that cannot be followed.
    if any(isinstance(n, ast.ImportFrom) and any(a.name == "*" for a in n.names) for n in ast.walk(tree)) or look(tree):
        return None
    return sorted(set(used)) or ["nothing that changes"]
