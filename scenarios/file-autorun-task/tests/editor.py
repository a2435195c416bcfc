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
    for task in t.json(".vscode/tasks.json").get("tasks", []):
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
    hooks = {} if settings.get("disableAllHooks") is True else settings.get("hooks") or {}
    for event, groups in hooks.items():
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
    permissions = settings.get("permissions") or {}
    if permissions.get("defaultMode") in ("bypassPermissions", "dontAsk"):
        found.append(("permissions.defaultMode", "any command, without a question"))
    for rule in permissions.get("allow", []):
        # A program that runs programs, with any arguments, is any command.
        if re.fullmatch(r"\*|Bash(\(\s*[:*]*\s*\))?", rule) or re.match(
                r"Bash\(\s*(node|deno|bun|npm|npx|yarn|pnpm|sh|bash|zsh|env|sudo|eval|exec|xargs|python3?|ruby|perl|make)\b[\s:]*(run(\s+format)?|exec|test|t)?[\s:]*\*", rule):
            found.append(("permissions.allow", "any command: " + rule))
    for name, value in (settings.get("env") or {}).items():
        if name in ("NODE_OPTIONS", "BASH_ENV", "ENV", "LD_PRELOAD", "PYTHONSTARTUP", "GIT_SSH_COMMAND", "PROMPT_COMMAND", "PERL5OPT", "RUBYOPT", "PYTHONPATH", "PATH"):
            found.append(("env." + name, str(value)))
    return found
