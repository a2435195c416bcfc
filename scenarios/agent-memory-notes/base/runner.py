"""The world around the agent: the user, the model, the tools. You need not change this file.

Every call goes to the runner, which also writes down what happened.
"""
import json
import os
import socket

_HOST, _, _PORT = os.environ["RUNNER_URL"].rpartition("/")[2].partition(":")


def _call(method, path, payload=None):
    body = b"" if payload is None else json.dumps(payload).encode()
    head = f"{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((_HOST, int(_PORT)), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        with connection.makefile("rb") as answer:
            return json.loads(answer.read().partition(b"\r\n\r\n")[2])


def get_task():
    """What the user wants: {"user": text, "principal": name, "tools": [...], "data": {...}}."""
    return _call("GET", "/task")


def ask_model(messages, tools):
    """One step of the model: {"tool": name, "args": {...}} or {"final": text}."""
    return _call("POST", "/model", {"messages": messages, "tools": tools})


def run_tool(name, args):
    """Runs a tool for real: {"result": ...} or {"error": text}."""
    return _call("POST", "/tool", {"name": name, "args": args})


def ask_user(text, name, args):
    """Shows the user a text with the buttons Allow and Deny; True for Allow."""
    return _call("POST", "/approve", {"text": text, "name": name, "args": args})["approved"] is True


def show(text):
    """Shows the user the final answer."""
    _call("POST", "/final", {"text": text})
