from tester import seed


@seed
def make(t):
    # Runs before the program: what is in t.data is its data, what is in t.private is no business of its callers.
    (t.data / "reports" / "2026").mkdir(parents=True)
    (t.data / "reports" / "may.txt").write_text("May: " + t.canary("may"))
    (t.data / "reports" / "2026" / "june.txt").write_text("June: " + t.canary("june"))
    (t.data / "secret.txt").write_text(t.canary("secret"))
