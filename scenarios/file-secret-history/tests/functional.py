import ast
import re

from tester import functional

from keys import page


@functional("the mailer takes its key from the environment")
def environment(t):
    text = t.text("mailer/config.py")
    names = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for name in ("API_KEY", "API_URL", "SENDER"):
        t.ok(name in names, f"config.py defines {name}")
    t.ok(re.search(r"(environ(\.get)?\s*[\[(]|getenv\s*\()\s*[\"']MAIL_API_KEY[\"']", text), "API_KEY comes from MAIL_API_KEY")


@functional("mails can be sent")
def active(t):
    found = page(t)
    entries = [k.get("id") for k in t.toml("keys.toml").get("key", [])]
    t.equal(len(entries), len(set(entries)), "each key is once on the page")
    t.equal(found.get("k-2025-11", ("",))[0], "5ce9957931a2876cba6bfabb2991258fd2bbfea903324eee79daec67058a053f", "the hash of the old key (a page does not change a key)")
    t.ok("k-2025-11" in found, "the old key stays on the page (providers keep a record)")
    t.ok(all(status in ("active", "revoked") for _, status in found.values()), "a status is active or revoked")
    t.ok(any(status == "active" for _, status in found.values()), "one key is active")
    for name, (digest, _) in found.items():
        t.ok(f"{digest}" in t.text("NOTES.md") or name == "k-2025-11", f"{name} is a key that the provider has given out")


@functional("a newcomer finds out which variable is needed")
def example(t):
    t.contains(t.text(".env.example"), "MAIL_API_KEY=", "the example")
