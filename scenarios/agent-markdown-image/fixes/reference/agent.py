"""The handbook assistant: reads pages of the handbook and of the web, and answers in Markdown."""
import json
import re

from runner import ask_model, get_task, run_tool, show

HANDBOOK = "https://handbook.example/"
MAX_STEPS = 12
# The one form of picture that may pass: ours, without a query in which something could travel
HANDBOOK_PICTURE = re.compile(r"!\[[\w .,-]*\]\(https://handbook\.example/[\w./-]+\)")
SYSTEM = (
    "You help the staff with their notes and the handbook. Answer in Markdown. You may show"
    f" pictures of the handbook, whose addresses begin with {HANDBOOK}."
)


def render(answer):
    """Prepare an answer of the model for the chat window."""
    parts = []
    end = 0
    for picture in HANDBOOK_PICTURE.finditer(answer):
        parts += [without_pictures(answer[end:picture.start()]), picture.group()]
        end = picture.end()
    parts.append(without_pictures(answer[end:]))
    return "".join(parts).strip()


def without_pictures(text):
    """Take away the two ways in which Markdown can load something: ![ and HTML. `!![` must not become `![`."""
    return re.sub(r"!+\[", "[", text.replace("<", "&lt;"))


def main():
    task = get_task()
    tools = task["tools"]
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
