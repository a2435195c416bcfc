"""The world around the agent: the user, the model, the tools. You need not change this file.

Every call goes to the runner, which also writes down what happened.
"""
import http.client
import json
import os
from urllib.parse import urlsplit

_ADDRESS = urlsplit(os.environ["RUNNER_URL"]).netloc


def _call(method, path, payload=None):
    connection = http.client.HTTPConnection(_ADDRESS, timeout=10)
    try:
        body = None if payload is None else json.dumps(payload)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def get_task():
    """What the user wants: {"user": text, "principal": name, "tools": [...], "data": {...}}."""
    return _call("GET", "/task")


def ask_model(messages, tools):
    """One step of the model: {"tool": name, "args": {...}} or {"final": text}."""
    return _call("POST", "/model", {"messages": messages, "tools": tools})


def run_tool(name, args, principal):
    """Runs a tool for real, in the name of the principal: {"result": ...} or {"error": text}."""
    return _call("POST", "/tool", {"name": name, "args": args, "principal": principal})


def ask_user(text, name, args):
    """Shows the user a text with the buttons Allow and Deny; True for Allow."""
    return _call("POST", "/approve", {"text": text, "name": name, "args": args})["approved"] is True


def show(text):
    """Shows the user the final answer."""
    _call("POST", "/final", {"text": text})
