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
    if name == "read_inbox":
        return run_tool(name, args)
    # The request is what the user typed. Mails are never a reason to act: an act that the
    # request itself does not name has to be confirmed.
    if named_by_user(task["user"], name, args):
        return run_tool(name, args)
    question = f"{name} {json.dumps(args)}\nYou did not ask for this. Do it?"
    if ask_user(question, name, args):
        return run_tool(name, args)
    return {"error": "the user did not allow this"}


def named_by_user(request, name, args):
    """Whether the request holds the act and each detail of it. A mail's text is the model's, so a mail is never named."""
    words = {word.strip(".,;:!?()\"'") for word in request.split()}
    verb, keys = {"delete_mail": ("delete", {"id"})}.get(name, ("", None))
    return args.keys() == keys and verb in request.lower() and all(str(value) in words for value in args.values())


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
