from tester import CallError, functional


@functional("scores a text with a reviewed model")
def scores(t):
    t.equal(t.call("score", "sentiment", "I love this forum"), 0.375, "the score of a friendly text")
    t.equal(t.call("score", "sentiment", ""), 0.25, "the score of no text")


@functional("loads the weights as numbers")
def loads(t):
    weights = t.call("load_weights", "sentiment")
    t.equal(len(weights["buckets"]), 16, "the number of buckets")
    t.equal([weights["bias"][0], weights["buckets"][0]], [0.25, -0.625], "bias and first bucket")


@functional("refuses a model that nobody has reviewed")
def refuses(t):
    for name in ("horoscope", "../sentiment"):
        t.ok(isinstance(t.raises(CallError, t.call, "score", name, "hello"), CallError), "an error for " + name)


@functional("lists the models")
def lists(t):
    t.equal(t.call("models"), ["emotion", "genre", "irony", "language", "sentiment", "slang", "spam", "topic", "toxicity"], "the models")
