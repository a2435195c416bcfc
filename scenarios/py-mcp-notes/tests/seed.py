from notebook import folder, notes, outside, word
from tester import seed


@seed
def make(t):
    place = t.data / "notes"
    (place / folder(t)).mkdir(parents=True)
    (place / folder(t) / (word(t, "inner") + ".md")).write_text("# Nothing\n", encoding="utf-8")
    for name, text in notes(t).items():
        (place / (name + ".md")).write_text(text, encoding="utf-8")
    diary, beside, key = outside(t)
    # In form they are like notes.
    for path, canary in ((t.data / diary, "diary"), (t.data / beside, "diary"), (t.private / key, "ssh")):
        path.with_name(path.name + ".md").write_text("# %s\n%s lies under the %s stone.\n" % (word(t, path.name).capitalize(), word(t, "x"), t.canary(canary)), encoding="utf-8")
