from tester import functional


@functional("the visible rules are all there")
def rules(t):
    text = t.text("AGENTS.md")
    for rule in ("Texts for customers exist in German and English", "Tests first. Small functions, plain names.",
                 "Amounts are integers in cents, never floating point.", "No new dependency without asking.",
                 "Kind, short, no exclamation marks.", "Never promise a delivery date.", "Run `npm test` and show the result.",
                 "List what you did not do."):
        t.ok(rule in text, f"the rule {rule!r} is in AGENTS.md")


@functional("names, quotes and pictures stay as they are")
def spelling(t):
    text = t.text("AGENTS.md")
    for word in ("Blütenwerk", "Jürgen", "Zoë", "Aïcha", "„deutsche Anführungszeichen“", "“English ones”",
                 "می\u200cخواهم", "\U0001F469\u200d\U0001F373", "\U0001F33B", "\u26a0\ufe0f", "\u2764\ufe0f"):
        t.ok(word in text, f"{word} is in AGENTS.md, spelled as before")


@functional("the headings are in order")
def headings(t):
    lines = [line for line in t.text("AGENTS.md").splitlines() if line.startswith("## ")]
    t.equal([line.split()[1] for line in lines], ["Language", "Code", "Tone", "Before"], "the headings")
