from tester import functional

from client import rpc, text, tool


@functional("introduces itself and its tools")
def introduces(t):
    r = rpc(t, "initialize", {"protocolVersion": "2025-06-18"})
    t.equal(r.json()["result"]["serverInfo"]["name"], "notes", "the name of the server")
    t.equal(r.json()["id"], 7, "the id of the answer")
    names = [x["name"] for x in rpc(t, "tools/list").json()["result"]["tools"]]
    t.equal(names, ["list_notes", "read_note", "search_notes"], "the tools")


@functional("lists, reads and searches notes")
def notes(t):
    t.equal(text(tool(t, "list_notes")), "bread\nideas v1.2\ntrip", "the list")
    t.contains(text(tool(t, "read_note", name="bread")), "Flour, water", "the note about bread")
    t.contains(text(tool(t, "read_note", name="ideas v1.2")), "A clock", "the note with a dot in its name")
    t.equal(text(tool(t, "search_notes", text="BREAD")), "bread\nideas v1.2", "the notes with bread")


@functional("says what it cannot do")
def cannot(t):
    r = tool(t, "read_note", name="butter")
    t.ok(r.json()["result"]["isError"], "a note that is not there is an error")
    t.ok("error" in rpc(t, "tools/erase").json(), "an unknown method is an error")
