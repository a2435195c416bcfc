"""Reads a Dockerfile as the builder does: stages, who runs, what the history shows."""
import re
import shlex

SECRET = re.compile(r"(token|secret|passw|api_?key|credential|private_?key)", re.I)


def stages(t):
    """Lists of instructions, one a stage; what comes before the first FROM is dropped."""
    found = []
    for item in t.dockerfile("Dockerfile"):
        item = {"instruction": item["instruction"].upper(), "value": item["value"], "line": item["line"]}
        if item["instruction"] == "FROM":
            found.append([item])
        elif found:
            found[-1].append(item)
    return found


def values(item):
    """Names and values of an ENV or ARG."""
    text = item["value"]
    if item["instruction"] == "ENV" and "=" not in text.split(" ")[0]:
        name, _, value = text.partition(" ")
        return {name: value.strip()}
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return {w.partition("=")[0]: w.partition("=")[2] for w in words}


def runs_as(t):
    """The user of the program in the image that is shipped."""
    all_stages = stages(t)
    names = {}
    for stage in all_stages:
        words = stage[0]["value"].split()
        base = [w for w in words if not w.startswith("--")][0]
        user = names.get(base.lower(), "root")
        for item in stage:
            if item["instruction"] == "USER":
                user = item["value"].split(":")[0].strip()
        if len(words) >= 3 and words[-2].upper() == "AS":
            names[words[-1].lower()] = user
    return user


def text_of(t, *instructions):
    return [i["value"] for s in stages(t) for i in s if i["instruction"] in instructions]
