from tester import functional


def count(t):
    return t.get("/count", headers={"Authorization": "Bearer " + t.canary("count")})


@functional("votes are counted")
def counted(t):
    for name in ("Amara", "Clara", "Amara", "Bruno"):
        t.equal(t.post("/vote", name).status, 201, f"a vote for {name}")
    t.equal(count(t).text, "{Amara=2, Bruno=1, Clara=1}", "the result")


@functional("the receipt is on the board")
def receipt(t):
    sealed = t.post("/vote", "Clara").text
    lines = t.get("/board").text.split("\n")
    t.equal(lines[-1], sealed, "the last line of the board")
    t.absent(sealed, "Clara", "the sealed ballot")


@functional("only the committee counts, only candidates are voted for")
def guarded(t):
    t.equal(t.get("/count").status, 403, "counting without the token")
    t.equal(t.post("/vote", "Mallory").status, 400, "a vote for somebody else")
