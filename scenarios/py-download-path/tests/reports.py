"""A report that is new in each run: what can be downloaded follows from the folder, not from a list in the code."""


def new_report(t):
    digits = t.canary("report")
    return "20%02d/%s.txt" % (30 + int(digits[2:6], 16) % 60, "".join(chr(97 + int(c, 16)) for c in digits[6:14]))
