from tester import functional

from platform_rules import flows, runs, stranger_executes, triggers


@functional("pull requests from forks are built")
def built(t):
    for path, flow in flows(t):
        for event in triggers(flow):
            for job in flow["jobs"].values():
                if event.startswith("pull_request") and runs(job, from_fork=True, labels=("safe to build",)):
                    step = stranger_executes(job, event)
                    if step and "npm run build" in str(job):
                        return
    t.ok(False, "no job builds the code of a pull request from a fork (npm run build)")


@functional("the size is shown to the reviewers")
def shown(t):
    for path, flow in flows(t):
        on = triggers(flow)
        for job in flow["jobs"].values():
            for step in job.get("steps") or []:
                script = str(step.get("run") or "")
                by_summary = "GITHUB_STEP_SUMMARY" in script and "size" in script
                by_comment = "gh pr comment" in script and "size" in script
                if by_summary and any(e.startswith("pull_request") for e in on):
                    return
                if by_comment:
                    scopes = job.get("permissions", flow.get("permissions"))
                    may = isinstance(scopes, dict) and scopes.get("pull-requests") == "write"
                    # With pull_request, the token of a fork cannot write, whatever the file says.
                    if may and any(e in ("pull_request_target", "workflow_run") for e in on):
                        return
    t.ok(False, "the bundle size reaches neither a comment (with a token that may comment) nor the step summary")


@functional("the size is measured")
def measured(t):
    t.ok(any("npm run --silent size" in str(flow) or "npm run size" in str(flow) or "npm run -s size" in str(flow) for _, flow in flows(t)),
         "a step runs the script `size`")
