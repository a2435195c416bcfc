"""Where a browser goes: the rules of the URL standard, as far as a Location needs them."""
import re
import urllib.parse

SPECIAL = ("http", "https", "ftp")
# No host has these, not even behind percent signs: such an address is none, and the browser stays where it is.
NEVER = re.compile(r"[\x00-\x20\x7f#/:<>?@\[\\\]^|%]")


def host_of(location, page="https"):
    """The host that the browser asks next; '' = the site it is on, or none at all. `page` is the scheme of that site."""
    text = location.strip("".join(map(chr, range(33))))
    text = re.sub(r"[\t\r\n]", "", text)
    found = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", text)
    scheme = found.group(1).lower() if found else page
    if scheme not in SPECIAL:
        return ""
    rest = (text[found.end():] if found else text).replace("\\", "/")
    # With the scheme of the page itself an address is relative, unless two slashes follow; with another one it never is.
    if scheme == page and not rest.startswith("//"):
        return ""
    authority = re.split(r"[/?#]", rest.lstrip("/"), maxsplit=1)[0]
    host, port = re.fullmatch(r"(\[[^\]]*\]|[^:]*):?(.*)", authority.rsplit("@", 1)[-1]).groups()
    if port and not (port.isdecimal() and port.isascii() and int(port) <= 65535):
        return ""
    if host.startswith("["):
        return host.lower()
    host = urllib.parse.unquote(host)
    return "" if NEVER.search(host) else host.lower()
