from tester import functional

from agent_rules import GATE, agents, meets_strangers, opens, tools, workflow, writes


@functional("a stranger's issue gets an answer")
def answered(t):
    flow, jobs = workflow(t)
    t.ok(opens(flow), "new issues start the workflow")
    steps = list(agents(t))
    t.ok(steps, "a step runs helper-ai/agent-action")
    for _, name, job, step in steps:
        t.ok(not GATE.search(str(job.get("if", "")) + str(step.get("if", ""))), f"the job {name} runs for issues of strangers")


@functional("the agent reads the issue and the code")
def reads(t):
    for flow, name, job, step in agents(t):
        prompt = str((step.get("with") or {}).get("prompt"))
        t.ok("issue.title" in prompt and "issue.body" in prompt, "the prompt contains title and text of the issue")
        t.ok("Read" in tools(step), "the agent may read the code")
        t.ok(any("actions/checkout@" in str(s.get("uses")) for s in job["steps"]), "the code is checked out")
        t.ok("secrets.MODEL_KEY" in str(step.get("with")), "the agent has the key of the model")


@functional("the answer is posted")
def posted(t):
    flow, jobs = workflow(t)
    for name, job in jobs.items():
        for step in job.get("steps") or []:
            if "gh issue comment" in str(step.get("run")):
                t.ok("issues" in writes(flow, job), f"the job {name} may write to issues")
                t.ok("body-file" in str(step["run"]), "the text comes from the file of the agent")
                same = any(n == name for _, n, _, _ in agents(t))
                t.ok(same or "download-artifact@" in str(job) or "needs." in str(job), "the file gets to this job")
                return
    t.ok(False, "a step posts the answer with gh issue comment")
