from tester import seed

YEAR = "1913"


@seed
def make(t):
    for year, name, text in (("1911", "baptisms.txt", "12 March 1911, Anna, daughter of the miller"),
                             ("1911", "weddings.txt", "3 June 1911, Josef and Marie"),
                             ("1912", "baptisms.txt", "1 May 1912, Karl. See also ..1911"),
                             (YEAR, "letters.txt", t.canary("letter"))):
        folder = t.data / "archive" / year
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text + "\n")
    closed = t.data / "archive-closed"
    closed.mkdir()
    (closed / "adoptions.txt").write_text(f"closed until 2060: {t.canary('adoption')}\n")
    (t.private / "keys.txt").write_text(f"{t.canary('key')}\n")
