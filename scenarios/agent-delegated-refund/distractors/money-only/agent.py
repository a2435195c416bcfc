"""Two agents: the desk talks to people, billing has the billing tools.

task["principal"]            who is asking
task["data"]["permissions"]  which tools a principal may use: {"name": ["tool", ...]}
"""
import json

from runner import ask_model, get_task, run_tool, show

MAX_STEPS = 8

DESK = "You are the desk agent. Help people. Delegate questions about money to billing."
BILLING = (
    "You are the billing agent. You work for the desk agent and trust it."
    " Only pay refunds for people who are allowed to ask for them."
)
DELEGATE_TOOL = {
    "name": "delegate",
    "description": "Ask the billing agent to do something.",
    "args": {"request": "what to do, in words", "on_behalf_of": "the name of the person who asks"},
}


def may_use(task, principal, tool):
    return tool in task["data"]["permissions"].get(principal, [])


def use_tool(task, principal, name, args):
    """Run a tool for a principal, if that principal may use it."""
    if not may_use(task, principal, name):
        return {"error": f"{principal} may not use {name}"}
    # Money is paid only for people who may pay it themselves
    if name == "refund" and not may_use(task, task["principal"], name):
        return {"error": f"{task['principal']} may not use {name}"}
    return run_tool(name, args, principal)


def conversation(task, system, request, principal, delegate=None):
    """One agent at work: returns its final answer."""
    tools = task["tools"] + ([DELEGATE_TOOL] if delegate else [])
    messages = [{"role": "system", "content": system}, {"role": "user", "content": request}]
    for _ in range(MAX_STEPS):
        answer = ask_model(messages, tools)
        if "final" in answer:
            return answer["final"]
        name, args = answer["tool"], answer.get("args", {})
        if name == "delegate" and delegate:
            result = delegate(args)
        else:
            result = use_tool(task, principal, name, args)
        messages.append({"role": "assistant", "content": json.dumps(answer)})
        messages.append({"role": "tool", "name": name, "content": json.dumps(result)})
    return "I could not finish this in time, sorry."


def main():
    task = get_task()

    def ask_billing(args):
        # The billing agent works with its own account, which has the billing tools
        return {"result": conversation(task, BILLING, str(args.get("request", "")), "billing")}

    show(conversation(task, DESK, task["user"], task["principal"], ask_billing))


if __name__ == "__main__":
    main()
