from tester import seed


@seed
def make(t):
    (t.private / "guests.txt").write_text(f"private numbers: {t.canary('guests')}\n")
