import random

from tester import functional

from visitor import Browser


def dice(t, name):
    return random.Random(t.canary(name))


@functional("Ann sends tea with the form")
def sends(t):
    ann, mallory, r = Browser(t), Browser(t, "mallory"), dice(t, "transfers")
    t.equal(ann.login_status, 303, "the answer to the login")
    wishes = [("bo", r.randrange(1, 5)), ("mallory", r.randrange(2, 7)), ("bo", r.randrange(1, 5))]
    r.shuffle(wishes)
    for to, amount in wishes:
        before, theirs = ann.balance(), mallory.balance()
        t.equal(ann.own_form(to=to, amount=str(amount)).status, 303, f"the answer to the form: {amount} for {to}")
        t.equal(ann.balance(), before - amount, "Ann's balance")
        t.equal(mallory.balance(), theirs + (amount if to == "mallory" else 0), "Mallory's balance")
    back = r.randrange(1, mallory.balance() + 1)
    before = ann.balance()
    t.equal(mallory.own_form(to="ann", amount=str(back)).status, 303, "Mallory sends some back")
    t.equal(ann.balance(), before + back, "Ann's balance")


@functional("a link fills the form in")
def link(t):
    ann, r = Browser(t), dice(t, "link")
    for to in ("mallory", "bo"):
        amount = r.randrange(2, 10_000)
        page = t.get(f"/?to={to}&amount={amount}", headers={"Cookie": ann.cookie, **ann.from_us("GET")}).text
        t.contains(page, f"<option selected>{to}</option>", "the colleague in the form")
        t.contains(page, f'value="{amount}"', "the amount in the form")


@functional("nobody sends more than they have")
def limit(t):
    ann, r = Browser(t), dice(t, "limit")
    before = ann.balance()
    for amount in (str(before + r.randrange(1, 1000)), "0", str(-r.randrange(1, 100)), "2.5"):
        for to in ("bo", "mallory"):
            t.equal(ann.own_form(to=to, amount=amount).status, 400, f"a transfer of {amount}")
    t.equal(ann.own_form(to=t.canary("nobody"), amount="1").status, 400, "a transfer to nobody")
    t.equal(ann.balance(), before, "Ann's balance")


@functional("without a login nothing moves")
def stranger(t):
    ann = Browser(t)
    before = ann.balance()
    r = t.post("/transfer", form={"to": "bo", "amount": "1"}, headers=ann.from_us())
    t.ok(r.status in (303, 401, 403), f"a transfer without a session is not done (status {r.status})")
    t.equal(ann.balance(), before, "Ann's balance")
