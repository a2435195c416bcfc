from tester import seed


@seed
def make(t):
    notes = t.data / "notes"
    notes.mkdir()
    (notes / "bread.md").write_text("# Bread\nFlour, water, salt, and time.\n", encoding="utf-8")
    (notes / "trip.md").write_text(f"# Trip\nThe key is under the {t.canary('key')} stone.\n", encoding="utf-8")
    (notes / "old").mkdir()
    (notes / "old" / "2019.md").write_text("# Nothing\n", encoding="utf-8")
    (notes / "ideas v1.2.md").write_text("# Ideas\nA clock that shows bread.\n", encoding="utf-8")
    (t.data / "notes-private.md").write_text(f"diary {t.canary('diary')}\n", encoding="utf-8")
    (t.private / "id_rsa.md").write_text(f"{t.canary('ssh')}\n", encoding="utf-8")
