//! Text made to exhaust a stack: it must be refused or survived, at any depth.

use std::fmt::Write as _;

use trueline_syntax::Refused;
use trueline_syntax::ir::Language;

use crate::lowered;

/// Deep enough to overflow any stack that is not guarded.
const DEPTH: usize = 100_000;

fn nested(open: &str, middle: &str, close: &str, depth: usize) -> String {
    format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
}

fn is_refused(language: Language, path: &str, text: &str) -> bool {
    matches!(
        lowered(language, path, text),
        Err(Refused::TooDeep { .. } | Refused::Minified { .. })
    )
}

#[test]
fn deep_python_is_refused() {
    let mut blocks = String::new();
    for depth in 0..2_100 {
        let _ = writeln!(blocks, "{}if x:", " ".repeat(depth));
    }
    let cases = [
        nested("(", "x", ")", DEPTH),
        nested("[", "x", "]", DEPTH),
        nested("{", "x", "}", DEPTH),
        nested("f(", "x", ")", DEPTH),
        nested("not ", "x", "", DEPTH),
        nested("- ", "x", "", DEPTH),
        nested("~", "x", "", DEPTH),
        nested("await ", "x", "", DEPTH),
        nested("lambda: ", "x", "", DEPTH),
        nested("x if y else ", "x", "", DEPTH),
        nested("x**", "x", "", DEPTH),
        nested("x+", "x", "", DEPTH),
        nested("x if y + 1 else ", "x", "", DEPTH),
        nested("x + lambda: ", "x", "", DEPTH),
        nested("x + -", "x", "", DEPTH),
        nested("x and (", "x", ")", DEPTH),
        nested("x", "", ".a", DEPTH),
        nested("x", "", "[0]", DEPTH),
        nested("x", "", "()", DEPTH),
        nested("f\"{", "x", "}\"", DEPTH),
        nested("f'{f\"{", "x", "}\"}'", DEPTH),
        nested("f\"\"\"{f'''{", "x", "}'''}\"\"\"", DEPTH),
        nested("f'{x:{", "x", "}}'", DEPTH),
        nested("(\n", "x", "\n)", DEPTH),
        nested("(\")\",", "x", ")", DEPTH),
        nested("('''\n)''',", "x", ")", DEPTH),
        nested("(# )\n", "x", ")", DEPTH),
        nested("(f'{x})',", "x", ")", DEPTH),
        nested("(r'\\')',", "x", ")", DEPTH),
        format!(
            "match x:\n case {}:\n  pass\n",
            nested("[", "x", "]", DEPTH)
        ),
        blocks,
    ];
    for text in cases {
        let start: String = text.chars().take(24).collect();
        assert!(is_refused(Language::Python, "a.py", &text), "{start}");
    }
}

#[test]
fn long_but_flat_python_is_survived() {
    let many = 20_000;
    let cases = [
        format!("x = [{}]\n", "-1, ".repeat(many)),
        format!("x = {{{}}}\n", "'a': b.c(1), ".repeat(many)),
        format!("x = ({})\n", "'a'\n".repeat(many)),
        format!("if a:\n  b\n{}", "elif a.b == c:\n  b()\n".repeat(many)),
        "a.b(c)\n".repeat(many),
        "a.b(c); ".repeat(many),
        "try: a\nfinally: b\n".repeat(many),
        format!("with {}a: b\n", "a, ".repeat(many)),
        format!("x = {}a\n", "a, ".repeat(many)),
        format!(
            "def f({}): pass\n",
            (0..many).fold(String::new(), |mut s, n| {
                let _ = write!(s, "a{n}=a.b, ");
                s
            })
        ),
    ];
    for text in cases {
        let start: String = text.chars().take(24).collect();
        assert!(lowered(Language::Python, "a.py", &text).is_ok(), "{start}");
    }
}

#[test]
fn nesting_below_the_limit_is_lowered() {
    for text in [
        nested("(", "x", ")", 1_990),
        nested("- ", "x", "", 1_990),
        nested("x+", "x", "", 15_900),
        nested("x**2 + a.b()*", "x", "", 7_000),
        nested("a.b == c and ", "x", "", 7_000),
        nested("x if y else ", "x", "", 900),
        nested("f(", "x", ")", 990),
        nested("[", "x", "]", 1_990),
        nested("f'{f\"{", "x", "}\"}'", 900),
        nested("x", "", ".a", 1_990),
        nested("x", "", "()", 1_000),
        nested("lambda: ", "x", "", 1_990),
        nested("[x for x in ", "x", "]", 900),
    ] {
        let start: String = text.chars().take(24).collect();
        assert!(lowered(Language::Python, "a.py", &text).is_ok(), "{start}");
    }
}

#[test]
fn finally_in_finally_does_not_multiply() {
    let mut text = String::new();
    for depth in 0..200 {
        let indent = " ".repeat(depth);
        let _ = writeln!(text, "{indent}try: a()\n{indent}finally:");
    }
    let _ = writeln!(text, "{}b()", " ".repeat(200));
    let module = lowered(Language::Python, "a.py", &text).expect("not refused");
    let blocks: usize = module.functions.iter().map(|f| f.blocks.len()).sum();
    assert!(blocks < 10_000, "{blocks} blocks");
}

#[test]
fn jumps_out_of_many_context_managers_do_not_multiply() {
    let text = format!(
        "def f():\n with {}a:\n{}",
        "a, ".repeat(20_000),
        "  if x: return\n".repeat(2_000)
    );
    let module = lowered(Language::Python, "a.py", &text).expect("not refused");
    let instrs: usize = module
        .functions
        .iter()
        .flat_map(|f| &f.blocks)
        .map(|block| block.instrs.len())
        .sum();
    assert!(instrs < 200_000, "{instrs} instructions");
}

#[test]
fn qualified_names_of_nested_functions_stay_short() {
    let text: String = (0..1_500).fold(String::new(), |mut text, depth| {
        let _ = writeln!(text, "{}def {}():", " ".repeat(depth), "f".repeat(200));
        text
    });
    let module = lowered(Language::Python, "a.py", &text).expect("not refused");
    let bytes: usize = module.symbols.iter().map(|symbol| symbol.len()).sum();
    assert!(bytes < 10_000, "{bytes} bytes");
}

#[test]
fn an_unclosed_bracket_is_an_error_and_not_depth() {
    let text = format!("x = (\n{}", "def f(a):\n    return a.b + 1\n".repeat(2_000));
    let module = lowered(Language::Python, "a.py", &text).expect("not refused");
    assert!(!module.coverage.errors.is_empty());
}

#[test]
fn large_files_are_refused() {
    let text = "x = 1\n".repeat(1_000_000);
    assert!(matches!(
        lowered(Language::Python, "a.py", &text),
        Err(Refused::TooLarge { .. })
    ));
}
