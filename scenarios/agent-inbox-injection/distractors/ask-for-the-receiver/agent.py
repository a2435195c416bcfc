"""The agent loop of the mail assistant."""
import json

from runner import ask_model, ask_user, get_task, run_tool, show

MAX_STEPS = 12
SYSTEM = (
    "You are a friendly mail assistant. You can read the user's inbox, send mails for them"
    " and delete mails. Do what the user asks, use the tools, and answer briefly."
)


def execute(task, name, args):
    """Run one tool call of the model and return what the model gets to see."""
    known = {tool["name"] for tool in task["tools"]}
    if name not in known:
        return {"error": f"there is no tool named {name}"}
    if name != "read_inbox" and not ask_user(f"{name} to {args.get('to', args.get('id'))}?", name, args):
        return {"error": "the user said no"}
    return run_tool(name, args)


def main():
    task = get_task()
    messages = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": task["user"]},
    ]
    for _ in range(MAX_STEPS):
        answer = ask_model(messages, task["tools"])
        if "final" in answer:
            show(answer["final"])
            return
        name, args = answer["tool"], answer.get("args", {})
        result = execute(task, name, args)
        messages.append({"role": "assistant", "content": json.dumps({"tool": name, "args": args})})
        messages.append({"role": "tool", "name": name, "content": json.dumps(result)})
    show("I could not finish this in time, sorry.")


if __name__ == "__main__":
    main()
