from opening import functional

from client import rpc, text, tool
from notebook import dice, notes, word


@functional("introduces itself and its tools")
def introduces(t):
    for number in (7, dice(t, "id").randint(10, 90_000)):
        r = rpc(t, "initialize", {"protocolVersion": "2025-06-18"}, number=number)
        t.equal(r.json()["result"]["serverInfo"]["name"], "notes", "the name of the server")
        t.equal(r.json()["id"], number, "the id of the answer")
    names = [x["name"] for x in rpc(t, "tools/list").json()["result"]["tools"]]
    t.equal(names, ["list_notes", "read_note", "search_notes"], "the tools")


@functional("lists, reads and searches notes")
def about_notes(t):
    t.equal(text(tool(t, "list_notes")), "\n".join(sorted(notes(t))), "the list")
    for name, said in notes(t).items():
        t.equal(text(tool(t, "read_note", name=name)), said, "the note " + name)
    for words in ("BREAD", word(t, "often"), word(t, "often").upper()[1:], word(t, "title 1"), "under the"):
        found = sorted(name for name, said in notes(t).items() if words.lower() in said.lower())
        t.equal(text(tool(t, "search_notes", text=words)), "\n".join(found), "the notes with " + words)


@functional("says what it cannot do")
def cannot(t):
    for name in ("butter", word(t, "missing")):
        r = tool(t, "read_note", name=name)
        t.ok(r.json()["result"]["isError"], "a note that is not there is an error")
    for method in ("tools/erase", "tools/" + word(t, "method")):
        t.ok("error" in rpc(t, method).json(), "an unknown method is an error")
