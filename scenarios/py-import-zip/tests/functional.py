import io
import zipfile

from tester import functional


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def send(t, name, files):
    return t.post("/themes/" + name, body=zipped(files), headers={"Content-Type": "application/zip"})


@functional("imports a theme with sub-folders")
def imports(t):
    r = send(t, "forest", {"style.css": "body{}", "img/logo.txt": "a tree", "img/": "", "logo.txt": "a leaf", "empty.txt": ""})
    t.equal((r.status, r.json()), (201, {"theme": "forest", "files": ["img/logo.txt", "logo.txt", "style.css"]}))
    t.equal(t.get("/themes/forest/img/logo.txt").text, "a tree")
    t.equal(t.get("/themes/forest/logo.txt").text, "a leaf")
    t.equal(t.get("/themes/forest/style.css").text, "body{}")


@functional("names with dots and spaces are fine")
def dots(t):
    r = send(t, "odd", {"my..file.css": "x", "a folder/v1.2/b.css": "y"})
    t.equal(r.status, 201)
    t.equal(t.get("/themes/odd/my..file.css").text, "x")
    t.equal(t.get("/themes/odd/a%20folder/v1.2/b.css").text, "y")


@functional("a broken zip file is refused")
def broken(t):
    t.equal(t.post("/themes/forest", body=b"no zip").status, 400)
    t.equal(send(t, "Bad_Name", {"a": "b"}).status, 400)
    t.equal(t.get("/themes/forest/none.css").status, 404)
