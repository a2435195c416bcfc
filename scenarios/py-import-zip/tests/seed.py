from tester import seed


@seed
def make(t):
    folder = t.data / "themes" / "ocean-classic"
    folder.mkdir(parents=True)
    (folder / "style.css").write_text("body{color:navy}")
