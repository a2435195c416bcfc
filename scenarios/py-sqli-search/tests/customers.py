"""Customers that are new in each run: a search that knows its answers by heart does not find them."""


def word(t, name):
    return "".join(chr(97 + int(c, 16)) for c in t.canary(name)[2:9]).capitalize()


def new_customers(t):
    """Two with one family name: by name the first comes first, by city the second."""
    family = word(t, "family")
    return [("Ada " + family, "Z" + word(t, "city-1").lower()), ("Bob " + family, "A" + word(t, "city-2").lower())]
