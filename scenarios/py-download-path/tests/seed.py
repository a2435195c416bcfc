from reports import new_report
from tester import seed


@seed
def make(t):
    for name, text in (
        ("reports/2025/december.txt", "December: all quiet"),
        ("reports/2026/january.txt", "January: " + t.canary("january")),
        ("reports/" + new_report(t), "New: " + t.canary("new")),
        ("reports-internal/salaries.txt", "Salaries: " + t.canary("salaries")),
    ):
        path = t.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (t.private / "signing.key").write_text("key " + t.canary("key"))
