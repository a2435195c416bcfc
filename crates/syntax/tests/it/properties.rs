//! What holds for any text at all.

use proptest::prelude::*;
use trueline_syntax::ir::Language;

use crate::lowered;

/// Pieces that together make much of Python's grammar, right and wrong.
const PIECES: &[&str] = &[
    "x",
    "y",
    "f",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "=",
    "+=",
    ":=",
    "+",
    "-",
    "*",
    "**",
    "@",
    "<",
    "==",
    "not ",
    " in ",
    " is ",
    " and ",
    " or ",
    " if ",
    " else ",
    "lambda ",
    "await ",
    "yield ",
    "from ",
    "import ",
    "def f(a, b=1):",
    "class C(B):",
    "return ",
    "raise ",
    "try:",
    "except E as e:",
    "finally:",
    "with a as b:",
    "for x in y:",
    "while x:",
    "match x:",
    "case ",
    "break",
    "continue",
    "pass",
    "del x",
    "global x",
    "nonlocal x",
    "assert x",
    "f'{",
    "}'",
    "f\"",
    "t'{x}'",
    "'a'",
    "b'a'",
    "1",
    "2.5",
    "1j",
    "...",
    "None",
    "\n",
    "\n  ",
    "\n    ",
    "\n      ",
    ";",
    "\\",
    "#",
    "é",
    "async ",
    "type X = ",
    "print ",
    "_",
    "*a",
    "**k",
    "|",
];

/// The same for Go.
const GO_PIECES: &[&str] = &[
    "x",
    "y",
    "f",
    "T",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "=",
    ":=",
    "+=",
    "+",
    "-",
    "*",
    "&",
    "&^",
    "!",
    "<-",
    "<",
    "==",
    "&&",
    "||",
    "...",
    ";",
    "\n",
    " ",
    "package a\n",
    "import \"fmt\"\n",
    "import . `a/v2`\n",
    "func f(a, b int, c ...string) (d T, err error) {\n",
    "func (t *T) m() {",
    "func() {",
    "type T struct {",
    "type I interface {",
    "a, b T `json:\"a\"`\n",
    "var ",
    "const (",
    "iota",
    "if ",
    " else ",
    "for ",
    "range ",
    "switch ",
    "case ",
    "default:",
    "fallthrough\n",
    "select {",
    "go ",
    "defer ",
    "return ",
    "break\n",
    "continue l\n",
    "goto l\n",
    "l:",
    "map[string]int",
    "chan int",
    "[]T",
    ".(type)",
    ".(T)",
    "x, ok := ",
    "make(",
    "new(",
    "panic(",
    "recover()",
    "\"a\"",
    "`b",
    "'c'",
    "1",
    "0x1f",
    "2.5",
    "1i",
    "nil",
    "true",
    "_",
    "//c\n",
    "/*",
    "*/",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_lowered_or_refused(text in "\\PC{0,200}") {
        let _ = lowered(Language::Python, "a.py", &text);
    }

    #[test]
    fn any_mixture_of_python_is_lowered_or_refused(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
    ) {
        let _ = lowered(Language::Python, "a.py", &pieces.concat());
    }

    #[test]
    fn any_bytes_are_lowered_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = lowered(Language::Python, "a.py", &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_text_is_lowered_as_go_or_refused(text in "\\PC{0,200}") {
        let _ = lowered(Language::Go, "a.go", &text);
    }

    #[test]
    fn any_mixture_of_go_is_lowered_or_refused(
        pieces in prop::collection::vec(prop::sample::select(GO_PIECES), 0..60),
    ) {
        let _ = lowered(Language::Go, "a.go", &pieces.concat());
    }
}
