from tester import seed


@seed
def make(t):
    (t.private / "database.properties").write_text(f"password={t.canary('password')}\n")
