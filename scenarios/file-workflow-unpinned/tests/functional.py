from tester import functional

from platform_rules import jobs, may_read, steps, write_scopes


@functional("each change is linted and tested")
def tested(t):
    flow, found = jobs(t)
    on = flow.get("on")
    t.ok("pull_request" in on and "push" in on, "push and pull_request start the workflow")
    job = found.get("test") or {}
    text = "\n".join(str(s.get("run") or "") for s in steps(job))
    for command in ("ruff check", "unittest"):
        t.contains(text, command, "the commands of the job `test`")
    t.ok("-m unittest" in text, "the tests are run")
    uses = " ".join(str(s.get("uses") or "") for s in steps(job))
    t.ok("actions/checkout@" in uses and may_read(flow, job), "the sources are checked out, and the token may read them")


@functional("coverage is uploaded")
def coverage(t):
    _, found = jobs(t)
    t.ok("CODECOV_TOKEN" in str(found.get("test")), "a step of `test` uses CODECOV_TOKEN")


@functional("the docs are pushed on main")
def docs(t):
    flow, found = jobs(t)
    job = found.get("docs") or {}
    t.ok("refs/heads/main" in str(job.get("if")) and job.get("needs") in ("test", ["test"]), "`docs` runs on main, after `test`")
    t.ok(write_scopes(flow, job) & {"contents", "everything"}, "the token of `docs` may push (contents: write)")
    text = str(job)
    t.ok("render_docs.py" in text and ("push-pages@" in text or "git push" in text), "the docs are rendered and pushed")
