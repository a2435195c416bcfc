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

#[test]
fn a_line_is_too_long_only_where_code_is_minified() {
    let long = "x".repeat(60_000);
    for (language, path, text) in [
        (Language::Python, "a.py", format!("s = '{long}'\n")),
        (
            Language::Go,
            "a.go",
            format!("package a\nvar s = \"{long}\"\n"),
        ),
        (
            Language::Java,
            "A.java",
            format!("class A {{ String s = \"{long}\"; }}\n"),
        ),
    ] {
        let module = lowered(language, path, &text).expect("not refused");
        assert_eq!(module.coverage.errors, [], "{path}");
    }
    for (language, path) in [
        (Language::JavaScript, "a.js"),
        (Language::TypeScript, "a.ts"),
    ] {
        for (text, is_refused) in [
            (format!("let s = '{long}';\n"), true),
            (format!("let s = '{}';\n", "x".repeat(15_000)), false),
            (
                format!("let s = '{}';\n", "x".repeat(1_000)).repeat(30),
                true,
            ),
        ] {
            let refused = lowered(language, path, &text).err();
            assert_eq!(
                matches!(refused, Some(Refused::Minified { .. })),
                is_refused,
                "{path}: {refused:?}"
            );
        }
    }
}

#[test]
fn deep_go_is_refused() {
    let in_body = |text: String| format!("package a\nfunc f() {{\n{text}\n}}\n");
    let cases = [
        in_body(nested("x = (", "x", ")", DEPTH)),
        in_body(format!("x = {}", nested("f(", "x", ")", DEPTH))),
        in_body(format!("x = {}", nested("-", "x", "", DEPTH))),
        in_body(format!("x = {}", nested("!", "x", "", DEPTH))),
        in_body(format!("x = {}", nested("<-", "x", "", DEPTH))),
        in_body(format!("x = {}", nested("", "x", ".a", DEPTH))),
        in_body(format!("x = {}", nested("", "x", "()", DEPTH))),
        in_body(format!("x = {}", nested("", "x", "[0]", DEPTH))),
        in_body(format!("x = {}", nested("x + ", "x", "", DEPTH))),
        in_body(format!("x = {}", nested("x && ", "x", "", DEPTH))),
        in_body(nested("{", "x()", "}", DEPTH)),
        in_body(nested("if x {", "x()", "}", DEPTH)),
        in_body(nested("a: ", "x()", "", DEPTH)),
        in_body(nested("go func() {", "x()", "}()", DEPTH)),
        format!("package a\nvar x {}int\n", "[]".repeat(DEPTH)),
        format!("package a\nvar x {}int\n", "*".repeat(DEPTH)),
        format!("package a\nvar x {}int\n", "chan ".repeat(DEPTH)),
        format!("package a\nvar x {}int\n", "map[string]".repeat(DEPTH)),
        format!("package a\nvar x {}\n", "func() ".repeat(DEPTH)),
        format!("package a\nvar x = {}\n", nested("T{", "", "}", DEPTH)),
        format!(
            "package a\ntype T {}\n",
            nested("struct{a ", "int", "}", DEPTH)
        ),
    ];
    for text in cases {
        let start: String = text.chars().take(48).collect();
        assert!(is_refused(Language::Go, "a.go", &text), "{start}");
    }
}

#[test]
fn long_but_flat_go_is_survived() {
    let many = 20_000;
    let in_body = |text: String| format!("package a\nfunc f() {{\n{text}\n}}\n");
    let cases = [
        format!("package a\nvar x = []int{{{}}}\n", "-1, ".repeat(many)),
        format!(
            "package a\nvar x = M{{{}}}\n",
            "\"a\": b.c(1),\n".repeat(many)
        ),
        in_body("a.b(c)\n".repeat(many)),
        in_body("a.b(c); ".repeat(many)),
        in_body("if x { y() }\n".repeat(many)),
        in_body("defer x()\n".repeat(many)),
        in_body("l: x()\n".repeat(many)),
        in_body(format!(
            "if x {{\n}}{}",
            " else if a.b == c {\n b()\n}".repeat(600)
        )),
        in_body(format!("switch x {{\n{}}}", "case a.b, c:\n".repeat(many))),
        in_body(format!("select {{\n{}}}", "case <-c:\n x()\n".repeat(many))),
        in_body(format!("x = {}a", "a + ".repeat(15_000))),
        in_body(format!("x = {}a", "a && ".repeat(15_000))),
        format!(
            "package a\n{}",
            "type T struct{ a int; b func(x int) string }\n".repeat(many)
        ),
        format!(
            "package a\n{}",
            "func f(a int, b ...string) (c int, err error) { return }\n".repeat(many)
        ),
        format!("package a\nconst (\n{})\n", "A = iota\n".repeat(many)),
    ];
    for text in cases {
        let start: String = text.chars().take(48).collect();
        assert!(lowered(Language::Go, "a.go", &text).is_ok(), "{start}");
    }
}

#[test]
fn go_nested_below_the_limit_is_lowered() {
    let in_body = |text: String| format!("package a\nfunc f() {{\nx = {text}\n}}\n");
    for text in [
        in_body(nested("(", "x", ")", 900)),
        in_body(nested("-", "x", "", 1_900)),
        in_body(nested("", "x", ".a", 1_900)),
        in_body(nested("", "x", ".a()", 900)),
        in_body(nested("func() { ", "x()", " }", 600)),
        in_body(nested("[]T{", "", "}", 600)),
    ] {
        let start: String = text.chars().take(48).collect();
        assert!(lowered(Language::Go, "a.go", &text).is_ok(), "{start}");
    }
}

#[test]
fn text_that_is_not_go_at_all_costs_little() {
    for text in [
        "{[(<".repeat(2_000),
        "\"".repeat(4_001),
        "`".repeat(4_001),
        "func ".repeat(1_000),
        "package a; ".repeat(500),
        "} ) ] ".repeat(1_000),
        "/* ".repeat(200_000),
        "a b c d e ".repeat(500),
    ] {
        let start: String = text.chars().take(12).collect();
        let begun = std::time::Instant::now();
        let _ = lowered(Language::Go, "a.go", &text);
        // Generous: it is the blow-up that is looked for.
        assert!(begun.elapsed().as_secs() < 60, "{start}");
    }
}

#[test]
fn many_annotated_methods_are_no_depth() {
    let methods =
        "  @Override @Get(\"/a\") public A m(@Query String x) { return f(x); }\n".repeat(5_000);
    let java = format!("class A {{\n{methods}}}\n");
    assert!(lowered(Language::Java, "A.java", &java).is_ok());
    let methods = "  @Get('/a') m(@Query() x: string) { return f(x); }\n".repeat(5_000);
    let typescript = format!("class A {{\n{methods}}}\n");
    assert!(lowered(Language::TypeScript, "a.ts", &typescript).is_ok());
}

/// Instructions of all functions.
fn instructions(language: Language, path: &str, text: &str) -> usize {
    let Ok(module) = lowered(language, path, text) else {
        panic!("{language}: refused");
    };
    let blocks = module.functions.iter().flat_map(|f| &f.blocks);
    blocks.map(|block| block.instrs.len()).sum()
}

#[test]
fn many_ways_out_of_a_long_finally_do_not_multiply() {
    let many = 1_000;
    let java = format!(
        "class A {{ void f() {{ try {{ {} }} finally {{ {} }} }} }}",
        "if (a) return; ".repeat(many),
        "b(); ".repeat(many)
    );
    let javascript = format!(
        "function f() {{\ntry {{ {} }}\nfinally {{ {} }} }}",
        "if (a) return;\n".repeat(many),
        "b();\n".repeat(many)
    );
    let python = format!(
        "def f():\n try:\n{} finally:\n{}",
        "  if a: return\n".repeat(many),
        "  b()\n".repeat(many)
    );
    let go = format!(
        "package a\nfunc f() {{\n{}{}}}\n",
        "if a { return }\n".repeat(many),
        "defer b()\n".repeat(many)
    );
    for (language, path, text) in [
        (Language::Java, "A.java", java),
        (Language::JavaScript, "a.js", javascript),
        (Language::Python, "a.py", python),
        (Language::Go, "a.go", go),
    ] {
        let count = instructions(language, path, &text);
        // The square would be a million.
        assert!(count < 4 * text.len(), "{language}: {count} instructions");
    }
}
