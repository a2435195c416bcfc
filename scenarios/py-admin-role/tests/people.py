"""Who is in the ticket tool. Two names are new in each run: rights follow from the account, not from a name."""


def letters(t, name, begin=""):
    return begin + "".join(chr(97 + int(c, 16)) for c in t.canary("name-" + name)[2:9])


def members(t):
    return ["kim", "lee", letters(t, "member", "mo")]


def moderators(t):
    return ["mo", letters(t, "moderator")]


def as_user(t, name):
    return {"Authorization": "Bearer " + t.canary("token-" + name)}
