"""What an editor and an assistant do by themselves when this folder is opened."""
import re


def commands(value):
    """All command lines in a value: a string, a list of words, or an object of named ones."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [" ".join(str(v) for v in value)]
    if isinstance(value, dict):
        return [c for v in value.values() for c in commands(v)]
    return []


def on_open(t):
    """(file, command) of everything that runs when the folder is opened."""
    found = []
    tasks = {x.get("label"): x for x in t.json(".vscode/tasks.json").get("tasks", [])}
    for label, task in tasks.items():
        if (task.get("runOptions") or {}).get("runOn") == "folderOpen":
            line = " ".join([str(task.get("command", ""))] + [str(a) for a in task.get("args", [])])
            found.append((".vscode/tasks.json", line))
    container = t.json(".devcontainer/devcontainer.json")
    for key in ("initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"):
        found += [(".devcontainer/devcontainer.json", c) for c in commands(container.get(key))]
    return found


def on_session(t):
    """(event, command) of everything that runs when an assistant starts or works here."""
    settings = t.json(".claude/settings.json")
    found = []
    for event, groups in (settings.get("hooks") or {}).items():
        for group in groups if isinstance(groups, list) else []:
            found += [(event, h.get("command", "")) for h in group.get("hooks", []) if h.get("type") == "command"]
    for key in ("apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "otelHeadersHelper"):
        if settings.get(key):
            found.append((key, str(settings[key])))
    line = settings.get("statusLine")
    if isinstance(line, dict) and line.get("command"):
        found.append(("statusLine", line["command"]))
    servers = settings.get("enableAllProjectMcpServers")
    if servers:
        found.append(("enableAllProjectMcpServers", "every server of .mcp.json"))
    for rule in (settings.get("permissions") or {}).get("allow", []):
        if re.fullmatch(r"Bash(\(\*?\)|\(\*\s*\))?", rule):
            found.append(("permissions.allow", "any command: " + rule))
    return found
