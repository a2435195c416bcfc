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


# Variables that make a program run another one, or find another one, when it starts.
STARTS = ("NODE_OPTIONS", "BASH_ENV", "ENV", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONSTARTUP", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "PROMPT_COMMAND", "PERL5OPT",
          "RUBYOPT", "PYTHONPATH", "NODE_PATH", "PATH", "JAVA_TOOL_OPTIONS")


def starting(variables):
    return [(name, str(value)) for name, value in (variables or {}).items() if name in STARTS]


# The commands that the brief allows, however they are written, and the tools that only look.
COMMANDS = r"npm (test|t|tst|run test|run-script test|run format|run-script format)"
LOOKING = r"(Read|Grep|Glob|LS|NotebookRead|TodoRead|TodoWrite)(\(.*\))?"


def wider(rule):
    """Whether a permission lets through more than testing and formatting. A pattern of commands always does: what stands for the
    star is chosen by whoever talks to the assistant."""
    if not isinstance(rule, str) or re.fullmatch(LOOKING, rule.strip(), re.S):
        return not isinstance(rule, str)
    return not re.fullmatch(r"Bash\(\s*" + COMMANDS.replace(" ", r"\s+") + r"\s*\)", rule.strip())


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
    # The editor's own server in the container is a program of node.
    for key in ("remoteEnv", "containerEnv"):
        found += [(".devcontainer/devcontainer.json", f"{name}={value}") for name, value in starting(container.get(key))]
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
    # By themselves these ask before they do something.
    if permissions.get("defaultMode") not in (None, "default", "plan"):
        found.append(("permissions.defaultMode", "what the assistant likes, without a question"))
    for rule in permissions.get("allow", []):
        if wider(rule):
            found.append(("permissions.allow", "more than testing and formatting: " + str(rule)))
    found += [("env." + name, value) for name, value in starting(settings.get("env"))]
    return found
