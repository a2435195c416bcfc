"""A colleague's browser: keeps the cookie and its rules, sends what browsers send."""
import re

ORIGIN = "https://tea.office.example"


class Browser:
    def __init__(self, t):
        self.t = t
        r = t.post("/login", form={"user": "ann", "pin": t.canary("pin")}, headers=self.from_us())
        line = r.header("set-cookie") or ""
        self.cookie = line.split(";")[0]
        same_site = re.search(r"samesite\s*=\s*(\w+)", line, re.I)
        self.same_site = same_site.group(1).lower() if same_site else "none"  # not all browsers have a default
        self.login_status = r.status

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

    def foreign(self, method, referer=True, site="https://evil.example", path="/"):
        """Headers of a request that a page of another site starts."""
        headers = {"Sec-Fetch-Site": "cross-site"}
        if referer:
            headers["Referer"] = site + path
        if method == "POST":
            headers["Origin"] = site if referer else "null"
        goes_along = self.same_site == "none" or (self.same_site == "lax" and method == "GET")
        if goes_along:
            headers["Cookie"] = self.cookie
        return headers

    def balance(self):
        page = self.t.get("/", headers={"Cookie": self.cookie, **self.from_us("GET")}).text
        return int(re.search(r'id="balance">(-?\d+)<', page).group(1))
