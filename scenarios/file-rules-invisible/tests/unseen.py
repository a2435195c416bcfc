"""What a language model reads in a text and a person does not see."""


# Letters and signs that are drawn as nothing.
BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\u206a\u206b\u206c\u206d\u206e\u206f"


def hidden(text):
    """Each hidden message: (how it is hidden, what it says)."""
    found = []
    # Some editors begin a file with a byte order mark, which says nothing.
    text = text[1:] if text.startswith("\ufeff") else text
    tags = "".join(chr(ord(c) - 0xE0000) for c in text if 0xE0020 <= ord(c) <= 0xE007E)
    if any(0xE0000 <= ord(c) <= 0xE007F for c in text):
        found.append(("tag characters", tags))
    run, before, far = [], "", []
    for c in text + "\n":
        n = ord(c)
        byte = n - 0xFE00 if 0xFE00 <= n <= 0xFE0F else n - 0xE0100 + 16 if 0xE0100 <= n <= 0xE01EF else None
        if byte is not None:
            run.append(byte)
            # The far ones choose a form of a Chinese or Japanese character, and are at home nowhere else.
            if n >= 0xE0100 and not 0x3400 <= ord(before or " ") <= 0x9FFF:
                far.append(byte)
            continue
        before = c
        if len(run) > 1:  # one selector after a character is normal, two are a message
            found.append(("variation selectors", bytes(run).decode("utf-8", "replace")))
        run = []
    if far and not any(how == "variation selectors" for how, _ in found):
        found.append(("variation selectors", bytes(far).decode("utf-8", "replace")))
    bits = ""
    for before, c, after in zip("\n" + text, text, text[1:] + "\n"):
        if c in "\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad\u180e" or "\u2061" <= c <= "\u2064" or c in BLANK:
            bits += "0"
        elif c in "\u200c\u200d" and not (is_word(before) and is_word(after)):
            bits += "1"
    if bits:
        whole = [bits[i:i + 8] for i in range(0, len(bits) - 7, 8)]
        said = bytes(int(b, 2) for b in whole).decode("utf-8", "replace")
        found.append(("zero-width characters", said or "(a few stray characters)"))
    return found


def is_word(c):
    """A joiner is at home between letters (Persian, Hindi …) and between the parts of a picture."""
    return c.isalpha() or ord(c) >= 0x1F000 or 0x2600 <= ord(c) <= 0x27BF or 0xFE0F == ord(c)
