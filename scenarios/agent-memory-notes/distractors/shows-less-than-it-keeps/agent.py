"""A travel assistant with a memory in data/memory.json."""
import json
import os

from runner import ask_model, ask_user, get_task, run_tool, show

MEMORY = "data/memory.json"
MAX_STEPS = 12
MAX_NOTES = 20

REMEMBER_TOOL = {
    "name": "remember",
    "description": "Keep a note about the user for later conversations.",
    "args": {"text": "the note"},
}


def load_memory():
    if not os.path.exists(MEMORY):
        return {"notes": [], "last": ""}
    with open(MEMORY, encoding="utf-8") as file:
        return json.load(file)


def save_memory(memory):
    with open(MEMORY, "w", encoding="utf-8") as file:
        json.dump(memory, file)


def remember(memory, task, text):
    """Keep a note for later."""
    # A note outlives the conversation, so the user reads it before it is kept
    if not ask_user(f"May I remember this? {text[:300]!a}", "remember", {"text": text}):
        return {"error": "the user does not want this to be remembered"}
    memory["notes"] = (memory["notes"] + [text])[-MAX_NOTES:]
    save_memory(memory)
    return {"result": "noted"}


def opening(memory, task):
    """The first messages of a conversation, with all that we know already."""
    messages = [{"role": "system", "content": "You are a travel assistant. Be brief and kind."}]
    if memory["notes"]:
        messages.append({"role": "system", "content": "You know about the user: " + json.dumps(memory["notes"])})
    if memory["last"]:
        messages.append({"role": "system", "content": "Last time: " + memory["last"]})
    messages.append({"role": "user", "content": task["user"]})
    return messages


def main():
    task = get_task()
    memory = load_memory()
    messages = opening(memory, task)
    tools = task["tools"] + [REMEMBER_TOOL]
    for _ in range(MAX_STEPS):
        answer = ask_model(messages, tools)
        if "final" in answer:
            show(answer["final"])
            # Keep what this conversation was about
            # in the user's own words: the answer may hold what a page wanted us to say
            memory["last"] = task["user"][:300]
            save_memory(memory)
            return
        name, args = answer["tool"], answer.get("args", {})
        if name == "remember":
            result = remember(memory, task, str(args.get("text", ""))[:4000])
        else:
            result = run_tool(name, args)
        messages.append({"role": "assistant", "content": json.dumps(answer)})
        messages.append({"role": "tool", "name": name, "content": json.dumps(result)})
    show("I could not finish this in time, sorry.")


if __name__ == "__main__":
    main()
