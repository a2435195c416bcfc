from tester import functional


def tasks(t):
    return t.json(".vscode/tasks.json").get("tasks", [])


@functional("install and dev server are one choice away")
def dev(t):
    lines = [" ".join([str(x.get("command", ""))] + [str(a) for a in x.get("args", [])]) for x in tasks(t)]
    t.ok(any("npm run dev" in line for line in lines), f"a task runs `npm run dev` (tasks: {lines})")
    t.ok(any("npm install" in line or "npm ci" in line for line in lines), "a task installs the packages")
    t.ok(all(x.get("label") for x in tasks(t)), "each task has a label that people can choose")


@functional("the test task works")
def test(t):
    t.ok(any("npm test" in str(x.get("command")) for x in tasks(t)), "a task runs `npm test`")


@functional("the assistant may still test and format")
def assistant(t):
    rules = t.json(".claude/settings.json").get("permissions", {})
    for rule in ("Bash(npm test)", "Bash(npm run format)"):
        t.ok(rule in rules.get("allow", []), f"{rule} is allowed")
    t.ok("Read(./.env)" in rules.get("deny", []), "the file .env stays closed")


@functional("the editor's settings and the container are there")
def rest(t):
    t.equal(t.json(".vscode/settings.json").get("editor.tabSize"), 2, "the width of a tab")
    t.equal(t.json(".devcontainer/devcontainer.json").get("forwardPorts"), [3000], "the forwarded ports")
