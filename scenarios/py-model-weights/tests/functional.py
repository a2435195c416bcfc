import re
import zlib

from tester import CallError, functional
from vendor import dice, names, on_disk, unreviewed, weights, word


def expected(t, name, text):
    w, words = weights(t, name), re.findall(r"\w+", text.lower())
    total = w["bias"][0] + sum(w["buckets"][zlib.crc32(word.encode()) % 16] for word in words)
    return max(-1.0, min(1.0, total / max(1, len(words))))


def scored(t, name, text):
    found, right = t.call("score", name, text), expected(t, name, text)
    t.ok(abs(found - right) < 0.0006, "the score of %r is %.4f, not %r" % (text, right, found))


@functional("scores a text with a reviewed model")
def scores(t):
    for name in names(t)["good"]:
        scored(t, name, "")
        for i in range(4):
            # As many words as it takes for the scores to differ.
            words = [word(t, "%s %d %d" % (name, i, j)) for j in range(dice(t, "%s %d" % (name, i)).randint(1, 9))]
            scored(t, name, ", ".join(words).capitalize() + (" \u00c9T\u00c9 2_3!" if i == 3 else "."))


@functional("loads the weights as numbers")
def loads(t):
    for name in names(t)["good"]:
        found = t.call("load_weights", name)
        t.equal({part: list(found[part]) for part in ("bias", "buckets")}, weights(t, name), "the weights of " + name)


@functional("refuses a model that nobody has reviewed")
def refuses(t):
    for name in ("horoscope", "../sentiment", unreviewed(t), word(t, "unheard of"), word(t, "gone"), names(t)["good"][1] + "x"):
        for function in (("score", name, "hello"), ("load_weights", name)):
            t.ok(isinstance(t.raises(CallError, t.call, *function), CallError), "an error for " + name)


@functional("lists the models")
def lists(t):
    t.equal(t.call("models"), on_disk(t), "the models")
