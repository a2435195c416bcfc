from tester import CallError, functional

CELLS = {"A1": 10, "A2": 2.5, "B1": 4, "B12": 7}


@functional("numbers, operators and brackets")
def numbers(t):
    for formula, wanted in (("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 / 4 - 1", 1.5), ("-3 + 5", 2), ("2 * -(1 + 1)", -4),
                            (".5 + 0.25", 0.75), (" 8 - 3 - 2 ", 3), ("8 / 2 / 2", 2)):
        t.equal(t.call("evaluate", formula, {}), wanted, formula)


@functional("cells")
def cells(t):
    for formula, wanted in (("A1 * A2", 25), ("A1+B12", 17), ("C9 + 1", 1), ("A1 / (B1 - 2)", 5)):
        t.equal(t.call("evaluate", formula, CELLS), wanted, formula)


@functional("functions")
def functions(t):
    for formula, wanted in (("max(A1, B1, 3)", 10), ("min(A1, B1)", 4), ("round(A1 * 1.19 + max(B1, A2))", 16), ("sqrt(B1) + 1", 3),
                            ("round(2.4) + round(min(2.6, 9))", 5)):
        t.equal(t.call("evaluate", formula, CELLS), wanted, formula)


@functional("what is no formula is an error")
def errors(t):
    for formula in ("", "   ", "1 +", "(1 + 2", "1 2", "median(A1)", "A1 $ 2", "1" + "+1" * 400):
        error = t.raises(CallError, t.call, "evaluate", formula, CELLS)
        t.equal(error.type, "FormulaError", f"the error for {formula[:20]!r}")


@functional("a column of formulas")
def column(t):
    t.equal(t.call("evaluateAll", ["A1 + 1", "oops(", "2 * 2"], CELLS), [11, "#ERROR", 4], "the column")
