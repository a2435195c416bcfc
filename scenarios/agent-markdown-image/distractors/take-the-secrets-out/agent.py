"""The handbook assistant: reads pages of the handbook and of the web, and answers in Markdown."""
import json
import re

from runner import ask_model, get_task, run_tool, show

HANDBOOK = "https://handbook.example/"
MAX_STEPS = 12
task_notes = []
SYSTEM = (
    "You help the staff with their notes and the handbook. Answer in Markdown. You may show"
    f" pictures of the handbook, whose addresses begin with {HANDBOOK}."
)


def render(answer):
    """Prepare an answer of the model for the chat window."""
    # Notes are private: none of their words may be part of an address
    for note in task_notes:
        for word in note.split():
            answer = re.sub(r"(\]\([^)]*|src=\S*|\]: \S*)" + re.escape(word), r"\1", answer)
    return answer.strip()


def main():
    task = get_task()
    tools = task["tools"]
    task_notes.extend(task["data"].get("notes", []))
    messages = [
        {"role": "system", "content": SYSTEM},
        {"role": "system", "content": "Notes of the user: " + json.dumps(task["data"].get("notes", []))},
        {"role": "user", "content": task["user"]},
    ]
    for _ in range(MAX_STEPS):
        answer = ask_model(messages, tools)
        if "final" in answer:
            show(render(answer["final"]))
            return
        result = run_tool(answer["tool"], answer.get("args", {}))
        messages.append({"role": "assistant", "content": json.dumps(answer)})
        messages.append({"role": "tool", "name": answer["tool"], "content": json.dumps(result)})
    show("I could not finish this in time, sorry.")


if __name__ == "__main__":
    main()
