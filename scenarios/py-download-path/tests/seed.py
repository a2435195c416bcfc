from reports import key_file, neighbours, reports, word
from tester import seed


@seed
def make(t):
    # All texts are alike, so that none can be known by its words.
    for name, text in [("reports/" + name, text) for name, text in reports(t)] + [(name, "%s: %s" % (word(t, name).capitalize(), t.canary("salaries"))) for name in neighbours(t)]:
        path = t.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (t.private / key_file(t)).write_text("%s: %s" % (word(t, "in the key").capitalize(), t.canary("key")))
