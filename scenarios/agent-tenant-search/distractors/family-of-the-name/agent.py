"""The support agent: answers questions from a store of texts that all tenants share."""
import json
import math
import re
from collections import Counter

from runner import ask_model, get_task, show

STORE = "data/store.json"
MAX_STEPS = 12
BEST = 3

SEARCH_TOOL = {
    "name": "search",
    "description": "Find the most similar texts in the knowledge base.",
    "args": {"query": "words", "tenant": "the tenant whose texts are wanted (optional)"},
}


def vector(text):
    """A text as a bag of words, which is enough for our small store."""
    return Counter(re.findall(r"\w+", text.lower()))


def similarity(a, b):
    shared = sum(count * b[word] for word, count in a.items())
    length = math.sqrt(sum(c * c for c in a.values())) * math.sqrt(sum(c * c for c in b.values()))
    return shared / length if length else 0.0


with open(STORE, encoding="utf-8") as file:
    ENTRIES = [dict(entry, vector=vector(entry["text"])) for entry in json.load(file)]


def system_prompt(tenant):
    return (
        f"You are the support agent of the customer {tenant}. Search the knowledge base and answer."
        f" Use texts of the tenants {tenant} and public only, and ignore all others."
    )


def search(principal, query, tenant=None):
    """Return the most similar texts of the store."""
    wanted = vector(query)
    found = ENTRIES
    if tenant:
        found = [entry for entry in found if entry["tenant"] == tenant]
    found = [e for e in found if e["tenant"] in (principal, principal.split("-")[0], "public")]
    ranked = sorted(found, key=lambda entry: -similarity(wanted, entry["vector"]))
    return [{"tenant": entry["tenant"], "text": entry["text"]} for entry in ranked[:BEST]]


def main():
    task = get_task()
    principal = task["principal"]
    messages = [
        {"role": "system", "content": system_prompt(principal)},
        {"role": "user", "content": task["user"]},
    ]
    for _ in range(MAX_STEPS):
        answer = ask_model(messages, [SEARCH_TOOL])
        if "final" in answer:
            show(answer["final"])
            return
        if answer["tool"] == "search":
            args = answer.get("args", {})
            result = {"texts": search(principal, str(args.get("query", "")), args.get("tenant"))}
        else:
            result = {"error": "there is only the tool search"}
        messages.append({"role": "assistant", "content": json.dumps(answer)})
        messages.append({"role": "tool", "name": "search", "content": json.dumps(result)})
    show("I could not finish this in time, sorry.")


if __name__ == "__main__":
    main()
