from tester import functional

PANCAKES = """<?xml version="1.0" encoding="UTF-8"?>
<recipe>
  <title>Pancakes &amp; jam</title>
  <servings>4</servings>
  <!-- grandmother's -->
  <ingredient>250 g flour</ingredient>
  <ingredient>3 eggs, &lt;fresh&gt;</ingredient>
  <ingredient>Cr&#232;me</ingredient>
</recipe>
"""


@functional("imports a recipe")
def imports(t):
    t.equal(t.post("/recipes", PANCAKES).status, 201, "the answer to a recipe")
    text = t.get("/recipes").text
    t.contains(text, "Pancakes & jam (for 4)", "title and servings")
    t.contains(text, "- 250 g flour\n- 3 eggs, <fresh>\n- Crème\n", "the ingredients")


@functional("imports a recipe in UTF-16")
def utf16(t):
    xml = '<?xml version="1.0" encoding="UTF-16"?><recipe><title>Dumplings</title><servings>2</servings><ingredient>Flour</ingredient></recipe>'
    t.equal(t.post("/recipes", xml.encode("utf-16")).status, 201, "the answer to a recipe in UTF-16")
    t.contains(t.get("/recipes").text, "Dumplings (for 2)", "title and servings")


@functional("refuses what is no recipe")
def refuses(t):
    for text in ("", "pancakes", "<recipe><title>x</title></recipe>", "<recipe><title>x</title><servings>many</servings></recipe>"):
        t.equal(t.post("/recipes", text).status, 400, f"the answer to {text!r}")
