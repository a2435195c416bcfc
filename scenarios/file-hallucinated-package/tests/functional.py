from tester import functional

from index import INDEX, imports, packages, requirements, satisfied


@functional("everything that the service imports can be installed")
def imports_work(t):
    known, provided = packages(t), set()
    for name, specifier in requirements(t):
        if specifier is not None and name in known and satisfied(specifier, known[name]["versions"]):
            provided |= set(known[name]["modules"])
    # An assistant's guess may share the module's name; then the import works once somebody has registered it.
    provided |= {name.replace("-", "_") for name, specifier in requirements(t) if specifier is not None and name not in known}
    missing = sorted(imports(t) - provided)
    t.ok(not missing, f"no requirement provides: {', '.join(missing)}")


@functional("each line can be read by pip, and is there once")
def readable(t):
    wanted = requirements(t)
    t.ok(INDEX in t.text("requirements.txt"), "the packages come from the company's index")
    t.ok(wanted, "requirements.txt names packages")
    for name, specifier in wanted:
        t.ok(specifier is not None, f"a plain name with a version: {name!r}")
    names = [name for name, _ in wanted]
    t.equal(sorted(names), sorted(set(names)), "names")
