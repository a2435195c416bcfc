from tester import functional

from visitor import Browser


@functional("Ann sends tea with the form")
def sends(t):
    ann = Browser(t)
    t.equal(ann.login_status, 303, "the answer to the login")
    before = ann.balance()
    t.equal(ann.own_form(to="bo", amount="3").status, 303, "the answer to the form")
    t.equal(ann.balance(), before - 3, "Ann's balance")


@functional("a link fills the form in")
def link(t):
    ann = Browser(t)
    page = t.get("/?to=mallory&amount=7", headers={"Cookie": ann.cookie, **ann.from_us("GET")}).text
    t.contains(page, "<option selected>mallory</option>", "the colleague in the form")
    t.contains(page, 'value="7"', "the amount in the form")


@functional("nobody sends more than they have")
def limit(t):
    ann = Browser(t)
    before = ann.balance()
    for amount in ("1000", "0", "-5", "2.5"):
        t.equal(ann.own_form(to="bo", amount=amount).status, 400, f"a transfer of {amount}")
    t.equal(ann.balance(), before, "Ann's balance")


@functional("without a login nothing moves")
def stranger(t):
    ann = Browser(t)
    before = ann.balance()
    r = t.post("/transfer", form={"to": "bo", "amount": "1"}, headers=ann.from_us())
    t.ok(r.status in (303, 401, 403), f"a transfer without a session is not done (status {r.status})")
    t.equal(ann.balance(), before, "Ann's balance")
