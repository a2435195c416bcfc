from tester import seed
from themes import css, neighbours


@seed
def make(t):
    for name in neighbours(t):
        folder = t.data / "themes" / name
        folder.mkdir(parents=True)
        (folder / "style.css").write_text(css(t, name))
