"""A research agent: searches and translates until it knows the answer.

task["data"]["prices"]  what one call of a tool costs, in cents
task["data"]["budget"]  what one task may cost, in cents
"""
import json

from runner import ask_model, get_task, run_tool, show

MAX_STEPS = 25
MAX_RESULT = 8_000
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
    for _ in range(MAX_STEPS):
        answer = ask_model(messages, task["tools"])
        if "final" in answer:
            show(answer["final"])
            return
        price = task["data"]["prices"].get(answer["tool"], 0)
        if spent + price > task["data"]["budget"]:
            show(f"I stopped here: the budget is used up ({spent} cents).")
            return
        spent += price
        result = call_tool(task, answer["tool"], answer.get("args", {}))
        messages.append({"role": "assistant", "content": json.dumps(answer)})
        messages.append({"role": "tool", "name": answer["tool"], "content": json.dumps(result)[:MAX_RESULT]})
    show("I stopped here: this question needs more steps than I am allowed to take.")


if __name__ == "__main__":
    main()
