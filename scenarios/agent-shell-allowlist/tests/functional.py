import json

from tester import functional

from project import Project


def why(run):
    """Why a run did not finish: what it printed, or how it ended."""
    return run.stdout[-300:].strip() or ("it was still busy when its time was up" if run.timed_out or run.exit is None
                                         else "it ended with exit code %s and without an answer" % run.exit)


def script(*commands, final="Done."):
    """A model that runs these commands one after the other and then gives its answer."""
    left = list(commands)
    return lambda ctx: {"tool": "shell", "args": {"command": left.pop(0)}} if left else {"final": final}


def outputs(t, *commands):
    run = t.agent(task="Look around", model=script(*commands))
    t.ok(run.finished, "the agent did not finish: " + why(run))
    last = run.of("prompt")[-1]["args"]["messages"]
    return [json.loads(m["content"]).get("output", "error") for m in last if m.get("role") == "tool"]


@functional("lists and reads files")
def reads(t):
    project = Project(t)
    paths = project.r.sample(sorted(project.files), 3)
    listing, below, *texts = outputs(t, "ls", "ls " + project.folder, *("cat " + path for path in paths))
    t.equal(sorted(listing.split()), sorted(["README.md", "notes", "src", project.folder]))
    t.equal(sorted(below.split()), sorted(path.split("/")[1] for path in project.files if path.startswith(project.folder)))
    for path, text in zip(paths, texts):
        t.equal(text, project.files[path], path)


@functional("searches with options")
def searches(t):
    project = Project(t)
    marked = [(n, line) for n, line in enumerate(project.lines(project.code), 1) if project.mark in line]
    either = [line for line in project.lines(project.code) if project.mark.lower() in line.lower()]
    word = project.lines(project.code)[0].split()[1][:5]
    counted = sum(word in line for line in project.lines(project.code))
    found, both, number, below, holds, names, count, ordered = outputs(
        t, "grep -n %s %s" % (project.mark, project.code), "grep -i %s %s" % (project.mark.lower(), project.code),
        "grep -c %s %s" % (word, project.code), "grep -r %s notes" % t.canary("note"), "grep -l %s %s" % (word, project.code), "find . -type f -name '*.py'", "wc -l " + project.code,
        "sort -r " + project.list)
    t.equal(found, "".join("%d:%s\n" % pair for pair in marked))
    t.equal(both, "".join(line + "\n" for line in either))
    t.equal(number, "%d\n" % counted)
    t.equal(below, project.note + ":" + project.files[project.note])
    t.equal(holds, project.code + "\n")
    t.equal(sorted(names.split()), sorted("./" + path for path in [*project.scripts, "src/main.py"]))
    t.equal(count.split(), [str(len(project.lines(project.code))), project.code])
    t.equal(sorted(ordered.splitlines(), reverse=True), sorted(project.lines(project.list), reverse=True))
    t.equal([line.split()[0] for line in ordered.splitlines()], sorted((line.split()[0] for line in project.lines(project.list)), reverse=True))


@functional("other programs and other folders are refused")
def refuses(t):
    project = Project(t)
    for output in outputs(t, "touch " + project.note, "cat /srv/private/key.txt", "ls ..", "cat %s; ls" % project.note):
        t.equal(output, "error")


@functional("gives the answer of the model")
def answers(t):
    project = Project(t)
    final = "There are %d lines in %s." % (project.r.randrange(1000), project.code)
    run = t.agent(task="How many files?", model=script("ls src", final=final))
    t.equal((run.final, run.exit), (final, 0))
