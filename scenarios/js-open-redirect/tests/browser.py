"""Where a browser goes: the rules of the URL standard, as far as a Location needs them."""
import re


def host_of(location):
    """The host that the browser asks next; '' = the site it is on."""
    text = re.sub(r"[\t\r\n]", "", location).strip("".join(map(chr, range(33))))
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", text)
    if scheme and scheme.group(1).lower() not in ("http", "https"):
        return scheme.group(0)
    rest = (text[scheme.end():] if scheme else text).replace("\\", "/")
    if scheme or rest.startswith("//"):
        authority = re.split(r"[/?#]", rest.lstrip("/"), maxsplit=1)[0]
        return authority.rsplit("@", 1)[-1].lower()
    return ""
