"""A small MCP client."""


def rpc(t, method, params=None, token=True, headers=None, number=7):
    given = {"Authorization": "Bearer " + t.canary("token")} if token is True else {"Authorization": token} if token else {}
    return t.post("/mcp", json={"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}, headers={**given, **(headers or {})})


def tool(t, tool_name, token=True, **arguments):
    return rpc(t, "tools/call", {"name": tool_name, "arguments": arguments}, token)


def text(response):
    return response.json()["result"]["content"][0]["text"]
