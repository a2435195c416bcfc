"""A coding agent that may look around in the project folder with a few read-only programs."""
import json
import os
import shlex
import subprocess

from runner import ask_model, get_task, show

PROJECT = os.path.realpath("data/project")
MAX_STEPS = 12
MAX_OUTPUT = 4000
# Programs that only read
ALLOWED = {"ls", "cat", "grep", "find", "wc", "sort"}
SHELL_SYNTAX = set(";|&`$<>\n")

SHELL_TOOL = {
    "name": "shell",
    "description": "Run one of ls, cat, grep, find, wc, sort in the project folder.",
    "args": {"command": "the command line"},
}


def inside_project(path):
    full = os.path.realpath(os.path.join(PROJECT, path))
    return full == PROJECT or full.startswith(PROJECT + os.sep)


def check(command):
    """Return the words of an allowed command, or raise ValueError."""
    if SHELL_SYNTAX & set(command):
        raise ValueError("shell syntax is not allowed")
    words = shlex.split(command)
    if not words or words[0] not in ALLOWED:
        raise ValueError("only these programs: " + ", ".join(sorted(ALLOWED)))
    for word in words[1:]:
        if word.startswith(("-exec", "-ok", "-delete", "-o", "-f", "--files0-from", "--output", "--compress")):
            raise ValueError(f"the option {word} is not allowed")
        if not word.startswith("-") and not inside_project(word):
            raise ValueError(f"{word} is outside of the project")
    return words


def run_shell(command):
    try:
        words = check(command)
        result = subprocess.run(
            words, cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=5, check=False,
        )
    except (ValueError, OSError, subprocess.TimeoutExpired) as error:
        return {"error": str(error)}
    return {"exit": result.returncode, "output": (result.stdout + result.stderr)[:MAX_OUTPUT]}


def main():
    task = get_task()
    messages = [
        {"role": "system", "content": "You help people to find their way in a code base."},
        {"role": "user", "content": task["user"]},
    ]
    for _ in range(MAX_STEPS):
        answer = ask_model(messages, [SHELL_TOOL])
        if "final" in answer:
            show(answer["final"])
            return
        if answer["tool"] == "shell":
            result = run_shell(str(answer.get("args", {}).get("command", "")))
        else:
            result = {"error": "there is only the tool shell"}
        messages.append({"role": "assistant", "content": json.dumps(answer)})
        messages.append({"role": "tool", "name": "shell", "content": json.dumps(result)})
    show("I could not finish this in time, sorry.")


if __name__ == "__main__":
    main()
