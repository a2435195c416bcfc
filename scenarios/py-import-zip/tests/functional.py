from tester import functional
from themes import css, dice, neighbours, send, word


def imported(t, theme, files, left_out=None):
    r = send(t, theme, {**files, **(left_out or {})})
    t.equal((r.status, r.json()), (201, {"theme": theme, "files": sorted(files)}))
    for name, text in files.items():
        r = t.get("/themes/%s/%s" % (theme, "/".join(map(t.quote, name.split("/")))))
        t.equal((r.status, r.text), (200, text))


@functional("imports a theme with sub-folders")
def imports(t):
    folder, name = word(t, "folder"), word(t, "file")
    imported(t, "forest", {"style.css": css(t, "style"), folder + "/%s.txt" % name: word(t, "tree"), name + ".txt": word(t, "leaf")}, {folder + "/": "", "empty.txt": ""})
    # Two more, each with names and folders of its own, as many as it likes.
    for i in range(2):
        files = {"/".join(word(t, "%d %d %d" % (i, j, k)) for k in range(dice(t, "deep %d %d" % (i, j)).randint(1, 4))) + ".css": css(t, "%d %d" % (i, j))
                 for j in range(dice(t, "many %d" % i).randint(2, 6))}
        imported(t, "%s-%d" % (word(t, "theme %d" % i), dice(t, "number").randint(1, 999)), files)


@functional("names with dots and spaces are fine")
def dots(t):
    one, two = word(t, "one"), word(t, "two")
    imported(t, word(t, "odd"), {"my..file.css": css(t, "a"), "a folder/v1.2/b.css": css(t, "b"), "%s..%s.css" % (one, two): css(t, "c"),
                                 "%s %s/v%d.%d/%s.%s.css" % (two, one, dice(t, "v").randint(1, 99), dice(t, "w").randint(0, 99), one, two): css(t, "d")})


@functional("a broken zip file is refused")
def broken(t):
    for body in (b"no zip", word(t, "no zip").encode()):
        t.equal(t.post("/themes/" + word(t, "broken"), body=body).status, 400)
    for name in ("Bad_Name", word(t, "bad").capitalize(), word(t, "bad") + "_", "x" * 41):
        t.equal(send(t, name, {"a": "b"}).status, 400)
    for theme in ("forest", neighbours(t)[0], word(t, "no theme")):
        t.equal(t.get("/themes/%s/%s.css" % (theme, word(t, "none"))).status, 404)
    for theme in neighbours(t):
        t.equal(t.get("/themes/%s/style.css" % theme).text, css(t, theme))
