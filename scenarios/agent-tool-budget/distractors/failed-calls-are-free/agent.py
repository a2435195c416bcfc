"""A research agent: searches and translates until it knows the answer.

task["data"]["prices"]  what one call of a tool costs, in cents
task["data"]["budget"]  what one task may cost, in cents
"""
import json

from runner import ask_model, get_task, run_tool, show

SYSTEM = "You are a thorough researcher. Use the tools until you are sure, then answer."


def call_tool(task, name, args):
    """Run a tool and return what the model gets to see."""
    if name not in {tool["name"] for tool in task["tools"]}:
        return {"error": f"there is no tool named {name}"}
    return run_tool(name, args)


def main():
    task = get_task()
    messages = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": task["user"]},
    ]
    spent = 0
    for _ in range(25):
        answer = ask_model(messages, task["tools"])
        if "final" in answer:
            show(answer["final"])
            return
        price = task["data"]["prices"].get(answer["tool"], 0)
        if spent + price > task["data"]["budget"]:
            show("I stopped.")
            return
        result = call_tool(task, answer["tool"], answer.get("args", {}))
        spent += price if "error" not in result else 0
        messages.append({"role": "assistant", "content": json.dumps(answer)})
        messages.append({"role": "tool", "name": answer["tool"], "content": json.dumps(result)[:8000]})

    show("I stopped.")


if __name__ == "__main__":
    main()
