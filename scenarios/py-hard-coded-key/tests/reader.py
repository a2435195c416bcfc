"""Reads a program as somebody with a copy of it does: computes by hand what stands there, runs nothing of it."""
import ast
import base64
import binascii
import codecs
import hashlib
import hmac
import random
import zlib

MODULES = {"base64": base64, "binascii": binascii, "hashlib": hashlib, "zlib": zlib, "codecs": codecs, "hmac": hmac}
FUNCTIONS = {"bytes": bytes, "bytearray": bytearray, "str": str, "int": int, "chr": chr, "ord": ord, "len": len, "list": list, "tuple": tuple,
             "range": range, "reversed": reversed, "sorted": sorted, "repr": repr, "sum": sum, "hex": hex}
METHODS = {"encode", "decode", "join", "replace", "strip", "lstrip", "rstrip", "upper", "lower", "swapcase", "title", "hex", "digest", "hexdigest",
           "to_bytes", "getrandbits", "randbytes", "choices", "sample", "randint", "split", "format", "zfill", "translate", "copy"}
HARMLESS = (str, bytes, bytearray, int, list, tuple, range, random.Random, type(hashlib.md5()), type(hmac.new(b"x", b"", "md5")))
MUCH = 300_000


class Unknown(Exception):
    """This cannot be known from the code alone."""


def dotted(node):
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return dotted(node.value) + "." + node.attr
    return ""


class Reader:
    """The values of a program's expressions, where the variable SHARE_KEY has a value, or (None) is missing."""

    def __init__(self, code, share_key):
        self.tree = ast.parse(code)
        self.share_key = share_key
        self.assigned, self.returned, self.busy = {}, {}, set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.assigned.setdefault(target.id, []).append(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                self.assigned.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, ast.FunctionDef):
                self.returned[node.name] = [n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]

    def value(self, node, local=None):
        try:
            found = self._value(node, local or {})
        except Unknown:
            raise
        except Exception as error:
            raise Unknown(str(error)) from error
        if isinstance(found, (str, bytes, list, tuple)) and len(found) > MUCH:
            raise Unknown("too much")
        return found

    def _first(self, name, nodes):
        if name in self.busy:
            raise Unknown(name)
        self.busy.add(name)
        try:
            for node in nodes:
                try:
                    return self.value(node)
                except Unknown:
                    continue
        finally:
            self.busy.discard(name)
        raise Unknown(name)

    def _value(self, node, local):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return local[node.id] if node.id in local else self._first(node.id, self.assigned.get(node.id, ()))
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return [self.value(e, local) for e in node.elts]
        if isinstance(node, ast.BinOp):
            a, b = self.value(node.left, local), self.value(node.right, local)
            if isinstance(node.op, ast.Add):
                return a + b
            if isinstance(node.op, ast.Sub):
                return a - b
            if isinstance(node.op, ast.BitXor):
                return a ^ b
            if isinstance(node.op, ast.Mod):
                return a % (tuple(b) if isinstance(b, list) else b)
            if isinstance(node.op, ast.Mult) and max(x for x in (a, b) if isinstance(x, int)) < 1000:
                return a * b
            raise Unknown("operator")
        if isinstance(node, ast.JoinedStr):
            return "".join(str(self.value(p.value if isinstance(p, ast.FormattedValue) else p, local)) for p in node.values)
        if isinstance(node, ast.BoolOp):
            found = None
            for part in node.values:
                found = self.value(part, local)
                if bool(found) == isinstance(node.op, ast.Or):
                    return found
            return found
        if isinstance(node, ast.IfExp):
            for branch in (node.body, node.orelse) if self.share_key else (node.orelse, node.body):
                try:
                    return self.value(branch, local)
                except Unknown:
                    continue
            raise Unknown("if")
        if isinstance(node, ast.Subscript):
            if dotted(node.value).endswith("environ"):
                return self._environment([self.value(node.slice, local)], must=True)
            value = self.value(node.value, local)
            if isinstance(node.slice, ast.Slice):
                cut = [None if p is None else self.value(p, local) for p in (node.slice.lower, node.slice.upper, node.slice.step)]
                return value[slice(*cut)]
            return value[self.value(node.slice, local)]
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)) and len(node.generators) == 1:
            loop = node.generators[0]
            if loop.ifs or not isinstance(loop.target, ast.Name):
                raise Unknown("loop")
            return [self.value(node.elt, {**local, loop.target.id: item}) for item in list(self.value(loop.iter, local))[:1000]]
        if isinstance(node, ast.Call):
            return self._call(node, local)
        raise Unknown(type(node).__name__)

    def _environment(self, args, must=False):
        if args[0] != "SHARE_KEY":
            raise Unknown("another variable")
        if self.share_key is not None:
            return self.share_key
        if must:
            raise Unknown("SHARE_KEY is missing")
        return args[1] if len(args) > 1 else None

    def _call(self, node, local):
        name = dotted(node.func)
        args = [self.value(a, local) for a in node.args]
        named = {k.arg: self.value(k.value, local) for k in node.keywords}
        if name.endswith(("environ.get", "getenv", "environ.setdefault")):
            return self._environment(args + list(named.values()))
        if name in FUNCTIONS:
            found = FUNCTIONS[name](*args, **named)
            return list(found) if name in ("reversed", "range") else found
        if name in ("bytes.fromhex", "bytearray.fromhex"):
            return bytes.fromhex(args[0])
        if name in ("int.from_bytes", "int.to_bytes"):
            return getattr(int, name[4:])(*args, **named)
        if name in ("random.Random", "Random") and args:
            return random.Random(args[0])
        module, _, function = name.rpartition(".")
        if module in MODULES and not function.startswith("_"):
            if any(isinstance(a, int) and a > 1_000_000 for a in args + list(named.values())) or function in ("scrypt", "open", "file_digest"):
                raise Unknown("dear")
            return getattr(MODULES[module], function)(*args, **named)
        if name in self.returned:
            return self._first(name + "()", self.returned[name])
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            of = self.value(node.func.value, local)
            if isinstance(of, HARMLESS):
                return getattr(of, node.func.attr)(*args, **named)
        raise Unknown(name)

    def texts(self):
        """Each text that can be computed from the code alone, as bytes."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.expr):
                try:
                    data = plain(self.value(node))
                except Unknown:
                    continue
                if data and len(data) < 500:
                    found.setdefault(data)
        return list(found)


def plain(value):
    return value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, (bytes, bytearray)) else None


def fallback(code, share_key):
    """The key that the program takes when SHARE_KEY is missing, if that can be known from the code; else None."""
    given, missing = Reader(code, share_key), Reader(code, None)
    whole = share_key.encode()

    def both(first, second):
        try:
            known = plain(given.value(first)) == whole and plain(missing.value(second))
        except Unknown:
            return None
        return known if known and known != whole else None

    refused = set()
    for node in ast.walk(missing.tree):
        if isinstance(node, ast.Compare):
            for side in [node.left] + node.comparators:
                try:
                    value = missing.value(side)
                except Unknown:
                    continue
                # Only what is written there: a name is compared with it.
                if not isinstance(side, ast.Name):
                    refused |= {plain(v) for v in (value if isinstance(value, list) else [value])}
    pairs = list(zip((n for n in ast.walk(given.tree) if isinstance(n, ast.expr)), (n for n in ast.walk(missing.tree) if isinstance(n, ast.expr))))
    for name in given.assigned:
        pairs += [(a, b) for a in given.assigned[name] for b in missing.assigned[name]]
    for name in given.returned:
        pairs += [(a, b) for a in given.returned[name] for b in missing.returned[name]]
    return next((key for key in (both(a, b) for a, b in pairs) if key and key not in refused), None)
