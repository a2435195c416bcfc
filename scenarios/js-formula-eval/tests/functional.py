import random

from opening import functional
from tester import CallError

FUNCTIONS = {"min": min, "max": max, "round": round, "sqrt": lambda x: x ** 0.5}


class Teacher:
    """Writes formulas that nobody has seen before, and knows what they give."""

    def __init__(self, t, name):
        self.r = random.Random(t.canary(name))
        self.cells = {}
        while len(self.cells) < 6:
            self.cells[self.cell()] = self.r.randrange(2, 400) / self.r.choice((1, 1, 2, 4))

    def cell(self):
        return self.r.choice("ABCDEFGHXYZ") + str(self.r.randrange(1, 200))

    def space(self):
        return self.r.choice(("", "", " ", "  "))

    def number(self):
        """Numbers that binary fractions hold exactly, so that no order of steps makes a difference."""
        n = self.r.randrange(1, 200)
        return self.r.choice(((str(n), n), ("%d.5" % n, n + 0.5), (".25", 0.25), ("%d.125" % n, n + 0.125)))

    def value(self, cells):
        if cells and self.r.random() < 0.5:
            name = self.r.choice(sorted(self.cells))
            return name, self.cells[name]
        return self.number()

    def formula(self, depth=3, cells=True):
        """(text, value, how tightly it holds together: 1 sums, 2 products, 3 the rest)"""
        kind = self.r.choice("+-*/n(") if depth else "v"
        if kind == "v" or (kind == "n" and depth < 2):
            return (*self.value(cells), 3)
        text, value, tight = self.formula(depth - 1, cells)
        if kind == "(":
            return "(" + self.space() + text + self.space() + ")", value, 3
        if kind == "n":
            return "-(" + text + ")", -value, 2
        if kind == "/":
            divisor = self.r.choice((2, 4, 8))
            return (text if tight >= 2 else "(" + text + ")") + self.space() + "/" + self.space() + str(divisor), value / divisor, 2
        other, second, grip = self.value(cells) + (3,) if kind == "*" else self.formula(depth - 1, cells)
        if kind == "*":
            return (text if tight >= 2 else "(" + text + ")") + self.space() + "*" + self.space() + other, value * second, 2
        # What is taken away holds together by itself, or stands in brackets; a sign does not follow a sign.
        if (kind == "-" and grip < 2) or other.startswith("-"):
            other = "(" + other + ")"
        return text + self.space() + kind + self.space() + other, value + second if kind == "+" else value - second, 1


@functional("numbers, operators and brackets")
def numbers(t):
    for formula, wanted in (("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 / 4 - 1", 1.5), ("-3 + 5", 2), ("2 * -(1 + 1)", -4),
                            (".5 + 0.25", 0.75), (" 8 - 3 - 2 ", 3), ("8 / 2 / 2", 2)):
        t.equal(t.call("evaluate", formula, {}), wanted, formula)
    teacher = Teacher(t, "numbers")
    for _ in range(12):
        formula, wanted, _ = teacher.formula(cells=False)
        t.equal(t.call("evaluate", formula, {}), wanted, formula)


@functional("cells")
def cells(t):
    teacher = Teacher(t, "cells")
    for _ in range(8):
        formula, wanted, _ = teacher.formula()
        t.equal(t.call("evaluate", formula, teacher.cells), wanted, formula)
    name, n = next(name for name in iter(teacher.cell, None) if name not in teacher.cells), teacher.r.randrange(1000)
    t.equal(t.call("evaluate", f"{name} + {n}", teacher.cells), n, "a cell that is not there counts as 0")


@functional("functions")
def functions(t):
    teacher = Teacher(t, "functions")
    for name in ("min", "max"):
        for count in (1, 2, teacher.r.randrange(3, 6)):
            parts = [teacher.formula(2) for _ in range(count)]
            formula = f"{name}({', '.join(text for text, _, _ in parts)}) * 2"
            t.equal(t.call("evaluate", formula, teacher.cells), FUNCTIONS[name](value for _, value, _ in parts) * 2, formula)
    whole, root = teacher.r.randrange(1000), teacher.r.randrange(2, 100)
    for formula, wanted in ((f"round({whole}.25 + {root})", whole + root), (f"round({whole}.75)", whole + 1), (f"sqrt({root * root}) + {whole}", root + whole),
                            (f"max({root}, sqrt(min({root * root}, {root * root + whole + 1}))) - round({whole}.4)", root - whole),
                            (f"round(sqrt({root * root}) * 1.19)", int(root * 1.19 + 0.5))):
        t.equal(t.call("evaluate", formula, teacher.cells), wanted, formula)


@functional("what is no formula is an error")
def errors(t):
    teacher = Teacher(t, "errors")
    n, good = teacher.r.randrange(1000), teacher.formula()[0]
    word = teacher.r.choice(("median", "mean", "sum", "abs", "log", "average"))
    for formula in ("", "   ", "1 +", "(1 + 2", "1 2", "A1 $ 2", "1" + "+1" * 400, good + " +", "(" + good, good + ")", f"{n} {n}", f"{word}({good})", f"* {n}",
                    f"{n} # {n}", f"{n} + {word}", f"max({n}", f"({n} + ) {n}"):
        error = t.raises(CallError, t.call, "evaluate", formula, teacher.cells)
        t.equal(error.type, "FormulaError", f"the error for {formula[:20]!r}")


@functional("a column of formulas")
def column(t):
    teacher = Teacher(t, "column")
    formulas, wanted = [], []
    for _ in range(teacher.r.randrange(3, 7)):
        formula, value, _ = teacher.formula()
        broken = teacher.r.random() < 0.4
        formulas.append("oops(" + formula if broken else formula)
        wanted.append("#ERROR" if broken else value)
    t.equal(t.call("evaluateAll", [*formulas, "oops("], teacher.cells), [*wanted, "#ERROR"], "the column")
