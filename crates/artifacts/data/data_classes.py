"""Lists the classes of modules that reach outside which hold data alone: exceptions, enumerations, named tuples and
data classes that compute nothing when they are made. Data of crates/artifacts/src/names.rs.

    for python in python3.8 python3.13; do $python data/data_classes.py data/names.toml; done | sort -u

Run it with several versions of Python and with the packages installed whose modules `names.toml` lists as dangerous;
what is not installed is left out. Modules are imported, so run it where that does no harm.
"""

import dataclasses
import enum
import importlib
import inspect
import pkgutil
import re
import sys

SKIPPED = {
    "_pyrepl", "antigravity", "docker", "idlelib", "importlib", "lib2to3", "matplotlib", "pip", "pycparser", "test", "this", "tkinter",
    "turtle", "turtledemo", "unittest", "distutils", "setuptools", "_xxtestfuzz",
}


def modules_of(data):
    for block in re.findall(r'^modules = \[(.*)\]$', data, re.M):
        yield from re.findall(r'"([^"]+)"', block)


def submodules(name):
    try:
        module = importlib.import_module(name)
    except BaseException:
        return
    yield module
    for found in pkgutil.iter_modules(getattr(module, "__path__", []), name + "."):
        if found.name.rsplit(".", 1)[1].strip("_") not in {"main", "tests", "test", "testing", "conftest"}:
            yield from submodules(found.name)


def holds_data(value):
    if issubclass(value, BaseException):
        # By their names the scanner knows the others.
        return not re.search(r"(Error|Exception|Warning)$", value.__name__)
    if issubclass(value, enum.Enum):
        return value not in (enum.Enum, enum.IntEnum, enum.Flag, enum.IntFlag)
    if issubclass(value, tuple):
        own = {"__new__", "__init__", "__setstate__", "__init_subclass__"} & set(vars(value))
        return hasattr(value, "_fields") and own <= {"__new__"} or hasattr(value, "n_fields")
    if dataclasses.is_dataclass(value):
        return not any("__post_init__" in vars(base) or "__setstate__" in vars(base) for base in value.__mro__)
    return False


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        names = set(modules_of(file.read()))
    tops = {name.split(".")[0] for name in names}
    found, members = set(), set()
    for name in sorted(names):
        if name.split(".")[0] in SKIPPED:
            continue
        for module in submodules(name):
            for attribute, value in list(vars(module).items()):
                if isinstance(value, enum.Enum) and name.split(".")[0] in sys.stdlib_module_names:
                    members.add(f"{module.__name__}.{attribute}")
                if not inspect.isclass(value) or value.__module__.split(".")[0] not in tops:
                    continue
                full = f"{value.__module__}.{value.__qualname__}"
                inside = any(full.startswith(name + ".") for name in names)
                try:
                    if inside and "<" not in full and holds_data(value):
                        found.add(full)
                except TypeError:
                    pass
    print("\n".join(["classes:", *sorted(found), "members:", *sorted(members)]))


main()
