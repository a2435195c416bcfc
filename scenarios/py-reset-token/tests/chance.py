"""Where a program takes its chance from, by reading it."""
import ast
import math

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


def bits_of(code):
    """At most so many bits of chance are in a token, where the program asks for chance once and says how much; else None."""
    tree = ast.parse(code)
    known = {}

    def number(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        if isinstance(node, ast.Name):
            return known.get(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = number(node.operand)
            return None if value is None else -value
        if isinstance(node, ast.BinOp):
            left, right = number(node.left), number(node.right)
            if left is None or right is None or abs(left) > 2 ** 4096 or abs(right) > 4096 and isinstance(node.op, (ast.Pow, ast.LShift)):
                return None
            acts = {ast.Add: lambda: left + right, ast.Sub: lambda: left - right, ast.Mult: lambda: left * right, ast.Pow: lambda: left ** max(0, right),
                    ast.LShift: lambda: left << max(0, right), ast.FloorDiv: lambda: left // (right or 1)}
            return acts.get(type(node.op), lambda: None)()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("int", "len") and len(node.args) == 1:
            inner = node.args[0]
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and node.func.id == "len":
                return len(inner.value)
            return number(inner) if node.func.id == "int" and not isinstance(inner, ast.Constant) else int(inner.value) if isinstance(inner, ast.Constant) and isinstance(inner.value, (int, float)) else None
        return None

    assigned = [n for n in ast.walk(tree) if isinstance(n, ast.Assign) and len(n.targets) == 1 and isinstance(n.targets[0], ast.Name)]
    for node in assigned:
        value = number(node.value)
        if value is not None and sum(n.targets[0].id == node.targets[0].id for n in assigned) == 1:
            known[node.targets[0].id] = value

    looped = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.AsyncFor)
    # A function that is called in a loop, or more than once, asks more than once.
    found = []

    def look(node, within):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
            given = [number(a) for a in node.args]
            possible = None
            if name in ("randbelow", "randrange") and len(given) == 1 and given[0]:
                possible = given[0]
            elif name in ("randint", "randrange") and len(given) == 2 and None not in given:
                possible = given[1] - given[0] + 1
            elif name in ("randbits", "getrandbits") and given and given[0] is not None and given[0] < 4096:
                possible = 2 ** given[0]
            elif name in ("token_bytes", "token_hex", "token_urlsafe", "urandom", "getrandom", "randbytes") and given and given[0] is not None and given[0] < 4096:
                possible = 256 ** given[0]
            elif name == "choice" and len(node.args) == 1 and isinstance(node.args[0], ast.Call) and getattr(node.args[0].func, "id", "") == "range":
                of_range = [number(a) for a in node.args[0].args]
                possible = of_range[0] if len(of_range) == 1 else of_range[1] - of_range[0] if len(of_range) == 2 and None not in of_range else None
            if name in ("randbelow", "randrange", "randint", "randbits", "getrandbits", "token_bytes", "token_hex", "token_urlsafe", "urandom", "getrandom", "randbytes",
                        "choice", "choices", "sample", "uuid4", "random", "shuffle", "open", "run", "check_output"):
                found.append(None if within else possible)
        for child in ast.iter_child_nodes(node):
            look(child, within or isinstance(node, looped))

    look(tree, False)
    if len(found) != 1 or not found[0] or found[0] < 1:
        return None
    return math.log2(found[0])
