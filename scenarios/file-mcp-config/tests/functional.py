from tester import functional

from servers import folders, package, servers


@functional("the three servers are there")
def three(t):
    found = servers(t)
    t.equal(sorted(found), ["billing", "files", "weather"], "the servers")
    for name, wanted in (("files", "files-mcp"), ("billing", "billing-mcp")):
        text = " ".join(str(a) for a in found[name].get("args") or [])
        t.contains(text, wanted, f"the program of {name}")
    t.ok(str(found["weather"].get("url", "")).split("://")[-1] == "weather.example/mcp", "the address of weather")


@functional("files can use the docs")
def docs(t):
    given = folders(servers(t)["files"])
    t.ok(given, "files-mcp gets a folder")
    reaches = any(f.rstrip("/") in ("docs", "./docs", "${workspaceFolder}/docs", "${PWD}/docs", ".", "", "~", "${HOME}", "$HOME") for f in given)
    t.ok(reaches, f"docs is in reach (folders: {given})")


@functional("billing gets its key")
def billing(t):
    server = servers(t)["billing"]
    t.ok("BILLING_API_KEY" in str(server), "billing-mcp gets BILLING_API_KEY")
    t.equal((server.get("env") or {}).get("BILLING_REGION"), "eu", "the region")
