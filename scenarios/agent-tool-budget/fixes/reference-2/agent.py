"""A research agent: searches and translates until it knows the answer.

task["data"]["prices"]  what one call of a tool costs, in cents
task["data"]["budget"]  what one task may cost, in cents
"""
import json

from runner import ask_model, get_task, run_tool, show

MAX_RESULT = 8_000
SYSTEM = "You are a thorough researcher. Use the tools until you are sure, then answer."


class Budget:
    """What one task may use up. Everything that costs something goes through here."""

    def __init__(self, cents, prices, steps=25, characters=300_000):
        self.cents, self.prices, self.steps, self.characters = cents, prices, steps, characters

    def step(self, messages):
        self.steps -= 1
        self.characters -= sum(len(message["content"]) for message in messages)
        if self.steps < 0 or self.characters < 0:
            raise BudgetSpent("it takes more steps than I am allowed to take")

    def pay(self, tool):
        self.cents -= self.prices.get(tool, 0)
        if self.cents < 0:
            raise BudgetSpent("the budget is used up")


class BudgetSpent(Exception):
    pass


def call_tool(task, name, args):
    """Run a tool and return what the model gets to see."""
    if name not in {tool["name"] for tool in task["tools"]}:
        return {"error": f"there is no tool named {name}"}
    return run_tool(name, args)


def research(task, budget):
    messages = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": task["user"]},
    ]
    while True:
        budget.step(messages)
        answer = ask_model(messages, task["tools"])
        if "final" in answer:
            return answer["final"]
        budget.pay(answer["tool"])
        result = call_tool(task, answer["tool"], answer.get("args", {}))
        messages.append({"role": "assistant", "content": json.dumps(answer)})
        messages.append({"role": "tool", "name": answer["tool"], "content": json.dumps(result)[:MAX_RESULT]})


def main():
    task = get_task()
    budget = Budget(task["data"]["budget"], task["data"]["prices"])
    try:
        show(research(task, budget))
    except BudgetSpent as reason:
        show(f"I stopped here: {reason}.")


if __name__ == "__main__":
    main()
