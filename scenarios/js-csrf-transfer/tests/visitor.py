"""A colleague's browser: keeps the cookie and its rules, sends what browsers send."""
import re

ORIGIN = "https://tea.office.example"


class Browser:
    def __init__(self, t, user="ann"):
        self.t = t
        r = t.post("/login", form={"user": user, "pin": t.canary("pin" if user == "ann" else "pin-" + user)}, headers=self.from_us())
        self.cookies = []
        for line in r.header_all("set-cookie"):
            same_site = re.search(r"samesite\s*=\s*(\w+)", line, re.I)
            # Not all browsers have a default.
            self.cookies.append((line.split(";")[0], same_site.group(1).lower() if same_site else "none"))
        self.login_status = r.status

    @property
    def cookie(self):
        return "; ".join(pair for pair, _ in self.cookies)

    def from_us(self, method="POST"):
        headers = {"Sec-Fetch-Site": "same-origin", "Referer": ORIGIN + "/"}
        if method == "POST":
            headers["Origin"] = ORIGIN
        return headers

    def own_form(self, **values):
        """Opens our page, fills the form in and presses the button."""
        return self.t.post("/transfer", form={**self.hidden_fields(), **values}, headers={"Cookie": self.cookie, **self.from_us()})

    def hidden_fields(self):
        """The names and values of the hidden fields of our form."""
        page = self.t.get("/", headers={"Cookie": self.cookie, **self.from_us("GET")}).text
        tags = [tag for tag in re.findall(r"<input[^>]*>", page) if 'type="hidden"' in tag]
        found = {}
        for tag in tags:
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if name:
                found[name.group(1)] = value.group(1) if value else ""
        return found

    def foreign(self, method, referer=True, site="https://evil.example", path="/", tells=True, kin=False):
        """Headers of a request that a page of another site starts; older browsers do not tell Sec-Fetch-Site.

        To a browser, another host below the same registered name (`kin`) is the same site: it gets each cookie.
        """
        headers = {"Sec-Fetch-Site": "same-site" if kin else "cross-site"} if tells else {}
        if referer:
            headers["Referer"] = site + path
        if method == "POST":
            headers["Origin"] = site if referer else "null"
        along = [pair for pair, same_site in self.cookies if kin or same_site == "none" or (same_site == "lax" and method == "GET")]
        if along:
            headers["Cookie"] = "; ".join(along)
        return headers

    def balance(self):
        page = self.t.get("/", headers={"Cookie": self.cookie, **self.from_us("GET")}).text
        return int(re.search(r'id="balance">(-?\d+)<', page).group(1))
