"""Checks the rule of crates/artifacts/src/names.rs that what is named as an exception holds data, also in modules that
reach outside: lists what is named so there and is none, and what does more than keep its arguments when it is made.

    python3 data/exceptions.py data/names.toml

Run it with several versions of Python and with the packages installed whose modules `names.toml` lists as dangerous.
Modules are imported, so run it where that does no harm. The last line counts the exceptions that were looked at.
"""

import importlib
import inspect
import pkgutil
import re
import sys

SKIPPED = {"antigravity", "this", "idlelib", "turtledemo", "test", "tests", "testing", "__main__", "conftest"}
REACHES = {
    "open", "system", "popen", "Popen", "eval", "exec", "compile", "import_module", "__import__", "urlopen", "remove",
    "unlink", "rmtree", "run", "call", "connect", "socket", "_TemporaryFileCloser", "load", "loads",
}


def modules(names):
    todo, seen = sorted(names), set()
    while todo:
        name = todo.pop()
        if name in seen or SKIPPED & set(name.split(".")):
            continue
        seen.add(name)
        try:
            module = importlib.import_module(name)
            found = [m.name for m in pkgutil.iter_modules(getattr(module, "__path__", []), name + ".")]
        except BaseException:
            continue
        todo.extend(found)
        yield module


def named_so(name):
    # As `is_exception`: a class by its first letter.
    return re.search(r"(Error|Exception|Warning)$", name) and name.lstrip("_")[:1].isupper()


def looked_at(owner, path):
    for name in dir(owner):
        try:
            value = getattr(owner, name, None)
        except BaseException:
            continue
        if named_so(name) and value is not None:
            yield f"{path}.{name}", value
        elif inspect.isclass(value) and inspect.ismodule(owner) and value.__module__ == owner.__name__:
            yield from looked_at(value, f"{path}.{name}")


def does_more(value):
    for method in ("__init__", "__new__", "__setstate__", "__reduce__"):
        code = getattr(value.__dict__.get(method), "__code__", None)
        if code and REACHES & set(code.co_names):
            return method, sorted(REACHES & set(code.co_names))
    return None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lists = re.findall(r"^modules = \[(.*)\]$", file.read(), re.M)
    names = {name for names in lists for name in re.findall(r'"([^"]+)"', names)}
    exceptions, others = set(), set()
    for module in modules(names):
        for full, value in looked_at(module, module.__name__):
            if inspect.isclass(value) and issubclass(value, BaseException):
                exceptions.add(full)
                more = does_more(value)
                if more:
                    others.add(f"{full}: {more[0]} uses {', '.join(more[1])}")
            else:
                others.add(f"{full}: {type(value).__name__}")
    print("\n".join(sorted(others)))
    print(len(exceptions), "exceptions,", len(others), "that are to be read")


main()
