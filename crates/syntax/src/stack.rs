//! How deep a stack must be, for certain.
//!
//! [`limits`](crate::limits) refuses text that nests too deep, as far as that can be told without
//! parsing; a crafted text can fool it where a language is ambiguous (`/` in JavaScript). So the
//! stack is made deep enough for any tree that the text can have: a level of the tree costs at least
//! one of the marks or words that [`levels`] counts, wherever they stand, and a level costs at most
//! [`BYTES_PER_LEVEL`] of stack. Memory is taken only as far as the stack is used.

use std::panic::resume_unwind;

/// Bytes of stack for one worker (decision 23 of the design).
pub(crate) const DEEP: usize = 64 << 20;

/// Bytes up to which a text is lowered where its worker is: half of [`DEEP`], as the worker has been
/// called by others.
pub(crate) const SHARED: usize = DEEP / 2;

/// Levels for which a stack is made: 4 GB of addresses. Flat code of the largest size that is read has
/// some 900,000 marks that could nest.
pub(crate) const MAX_LEVELS: usize = 1_000_000;

/// Bytes of stack that a level costs, from the first recursion of the parser to the last of the
/// lowering. The most that any construct of the tests in this file needs is 1,900 bytes, and 6,600
/// in builds without optimisation, whose frames are larger.
const BYTES_PER_LEVEL: usize = if cfg!(debug_assertions) {
    16 << 10
} else {
    4 << 10
};

/// What is used besides.
const BASE: usize = 1 << 20;

/// Bytes of stack that so many levels may need.
pub(crate) const fn needed(levels: usize) -> usize {
    BASE + levels.saturating_mul(BYTES_PER_LEVEL)
}

/// An upper bound of the levels of the tree of a text, in any of the languages. Separators, closing
/// brackets, quotes, names and numbers nest nothing by themselves.
pub(crate) fn levels(text: &str) -> usize {
    let mut levels = 0;
    let mut word = None;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let letter = byte.is_ascii_lowercase();
        match (word, letter) {
            (None, true) => word = Some(at),
            (Some(start), false) => {
                levels += usize::from(bytes.get(start..at).is_some_and(nests));
                word = None;
            }
            _ => {}
        }
        levels += usize::from(matches!(
            byte,
            b'(' | b'['
                | b'{'
                | b'<'
                | b'>'
                | b'='
                | b'?'
                | b':'
                | b'!'
                | b'~'
                | b'+'
                | b'-'
                | b'*'
                | b'/'
                | b'%'
                | b'&'
                | b'|'
                | b'^'
                | b'.'
                | b'@'
                | b'`'
        ));
    }
    levels
}

/// Words behind which an expression, a statement or a type follows that may begin with the same word.
fn nests(word: &[u8]) -> bool {
    matches!(
        word,
        b"abstract"
            | b"and"
            | b"as"
            | b"assert"
            | b"asserts"
            | b"async"
            | b"await"
            | b"case"
            | b"catch"
            | b"chan"
            | b"class"
            | b"const"
            | b"declare"
            | b"default"
            | b"defer"
            | b"delete"
            | b"do"
            | b"elif"
            | b"else"
            | b"enum"
            | b"export"
            | b"extends"
            | b"finally"
            | b"for"
            | b"from"
            | b"func"
            | b"function"
            | b"go"
            | b"if"
            | b"import"
            | b"in"
            | b"infer"
            | b"instanceof"
            | b"interface"
            | b"is"
            | b"keyof"
            | b"lambda"
            | b"map"
            | b"module"
            | b"namespace"
            | b"new"
            | b"not"
            | b"of"
            | b"or"
            | b"range"
            | b"readonly"
            | b"return"
            | b"satisfies"
            | b"select"
            | b"static"
            | b"struct"
            | b"super"
            | b"switch"
            | b"synchronized"
            | b"throw"
            | b"try"
            | b"type"
            | b"typeof"
            | b"unique"
            | b"using"
            | b"void"
            | b"while"
            | b"with"
            | b"yield"
    )
}

/// Runs work on a stack of so many bytes, and panics as it does; gives the work back if the system
/// grants no such thread.
pub(crate) fn on_one_of<R: Send, W: FnOnce() -> R + Send>(bytes: usize, work: W) -> Result<R, W> {
    let mut slot = Some(work);
    let outcome = std::thread::scope(|scope| {
        let run = || slot.take().map(|work| work());
        std::thread::Builder::new()
            .name("trueline-syntax".to_owned())
            .stack_size(bytes)
            .spawn_scoped(scope, run)
            .ok()
            .map(std::thread::ScopedJoinHandle::join)
    });
    match (outcome, slot) {
        (Some(Ok(Some(result))), _) => Ok(result),
        (Some(Err(payload)), _) => resume_unwind(payload),
        (_, Some(work)) => Err(work),
        (_, None) => resume_unwind(Box::new("a worker ran twice")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Language;
    use crate::{Refused, Source, limits, lower_checked};

    /// (path, before, what opens, what is inside, what closes, after).
    type Construct = (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static str,
    );

    /// All that nests, of every language, repeated by the thousand.
    const CONSTRUCTS: &[Construct] = &[
        ("a.py", "x = ", "(", "x", ")", "\n"),
        ("a.py", "x = ", "[", "x", "]", "\n"),
        ("a.py", "x = ", "{", "x", "}", "\n"),
        ("a.py", "x = ", "{x:", "x", "}", "\n"),
        ("a.py", "x = ", "f(", "x", ")", "\n"),
        ("a.py", "x = ", "f(a=", "x", ")", "\n"),
        ("a.py", "x = ", "f(*", "x", ")", "\n"),
        ("a.py", "x = ", "x[", "x", "]", "\n"),
        ("a.py", "x = ", "x[:", "x", "]", "\n"),
        ("a.py", "x = ", "not ", "x", "", "\n"),
        ("a.py", "x = ", "-", "x", "", "\n"),
        ("a.py", "x = ", "await ", "x", "", "\n"),
        ("a.py", "x = ", "(yield ", "x", ")", "\n"),
        ("a.py", "x = ", "(x:=", "x", ")", "\n"),
        ("a.py", "x = ", "lambda: ", "x", "", "\n"),
        ("a.py", "x = ", "lambda a=", "x", ": x", "\n"),
        ("a.py", "x = ", "x if y else ", "x", "", "\n"),
        ("a.py", "x = ", "x if ", "x", " else y", "\n"),
        ("a.py", "x = ", "x**", "x", "", "\n"),
        ("a.py", "x = ", "x+", "x", "", "\n"),
        ("a.py", "x = ", "x<", "x", "", "\n"),
        ("a.py", "x = ", "x and ", "x", "", "\n"),
        ("a.py", "x = ", "x or y and ", "x", "", "\n"),
        ("a.py", "x = ", "[x for x in ", "x", "]", "\n"),
        ("a.py", "x = ", "[x for x in y if ", "x", "]", "\n"),
        ("a.py", "x = ", "", "x", ".a", "\n"),
        ("a.py", "x = ", "", "x", "()", "\n"),
        ("a.py", "x = ", "", "x", "[0]", "\n"),
        ("a.py", "x = ", "f'{", "x", "}'", "\n"),
        ("a.py", "x = ", "f'{x:{", "x", "}}'", "\n"),
        ("a.py", "x: ", "a[", "x", "]", "\n"),
        ("a.py", "", "x = ", "x", "", "\n"),
        ("a.py", "match x:\n case ", "[", "x", "]", ":\n  pass\n"),
        (
            "a.py",
            "match x:\n case ",
            "{'a': ",
            "x",
            "}",
            ":\n  pass\n",
        ),
        ("a.py", "match x:\n case ", "A(b=", "x", ")", ":\n  pass\n"),
        ("a.py", "match x:\n case ", "(x|", "x", ")", ":\n  pass\n"),
        ("a.py", "", "(", "x", ",)", " = y\n"),
        ("a.py", "for ", "[", "x", "]", " in y: pass\n"),
        ("a.py", "", "@(", "x", ")", "\ndef f(): pass\n"),
        ("a.py", "def f(a: ", "b[", "x", "]", "): pass\n"),
        ("a.py", "if x: a\n", "elif x: a\n", "", "", ""),
        ("a.js", "x = ", "(", "x", ")", ";"),
        ("a.js", "x = ", "[", "x", "]", ";"),
        ("a.js", "x = ", "{a:", "x", "}", ";"),
        ("a.js", "x = ", "{[", "x", "]:x}", ";"),
        ("a.js", "x = ", "f(", "x", ")", ";"),
        ("a.js", "x = ", "f(...", "x", ")", ";"),
        ("a.js", "x = ", "x[", "x", "]", ";"),
        ("a.js", "x = ", "!", "x", "", ";"),
        ("a.js", "x = ", "- ", "x", "", ";"),
        ("a.js", "x = ", "typeof ", "x", "", ";"),
        ("a.js", "async function f() {", "await ", "x", "", "}"),
        ("a.js", "function* f() {", "yield ", "x", "", "}"),
        ("a.js", "x = ", "new ", "x", "", ";"),
        ("a.js", "x = ", "new x(", "x", ")", ";"),
        ("a.js", "x = ", "x=>", "x", "", ";"),
        ("a.js", "x = ", "()=>{", "x", "}", ";"),
        ("a.js", "x = ", "(x=", "x", ")=>x", ";"),
        ("a.js", "x = ", "async x=>", "x", "", ";"),
        ("a.js", "x = ", "function(){", "x", "}", ";"),
        ("a.js", "x = ", "class{a(){", "x", "}}", ";"),
        ("a.js", "x = ", "class{a=", "x", "}", ";"),
        ("a.js", "x = ", "class extends ", "x", "{}", ";"),
        ("a.js", "x = ", "x?y:", "x", "", ";"),
        ("a.js", "x = ", "x?", "x", ":y", ";"),
        ("a.js", "x = ", "x**", "x", "", ";"),
        ("a.js", "x = ", "x+", "x", "", ";"),
        ("a.js", "x = ", "x&&", "x", "", ";"),
        ("a.js", "x = ", "x||y&&", "x", "", ";"),
        ("a.js", "x = ", "x??", "x", "", ";"),
        ("a.js", "x = ", "x in ", "x", "", ";"),
        ("a.js", "", "x=", "x", "", ";"),
        ("a.js", "", "[x=", "x", "]=y", ";"),
        ("a.js", "let ", "[", "x", "]", "=y;"),
        ("a.js", "let ", "{a:", "x", "}", "=y;"),
        ("a.js", "", "({a:", "x", "})", "=y;"),
        ("a.js", "x = ", "`${", "x", "}`", ";"),
        ("a.js", "x = ", "a`${", "x", "}`", ";"),
        ("a.js", "x = ", "", "x", ".a", ";"),
        ("a.js", "x = ", "", "x", "?.a", ";"),
        ("a.js", "x = ", "", "x", "()", ";"),
        ("a.js", "x = ", "", "x", "[0]", ";"),
        ("a.js", "x = ", "", "x", "``", ";"),
        ("a.js", "x = ", "import(", "x", ")", ";"),
        ("a.js", "", "{", "x", "}", ""),
        ("a.js", "", "{{}/}/;", "x", "", ""),
        ("a.js", "", "if(x)", "x", "", ""),
        ("a.js", "", "if(x)y;else ", "x", "", ""),
        ("a.js", "", "if(x){y}else{", "x", "}", ""),
        ("a.js", "", "for(;;)", "x", "", ""),
        ("a.js", "", "for(x of ", "x", ");", ""),
        ("a.js", "", "while(x)", "x", "", ""),
        ("a.js", "", "do ", "x", " while(x)", ";"),
        ("a.js", "", "with(x)", "x", "", ""),
        ("a.js", "", "a:", "x", "", ""),
        ("a.js", "", "try{", "x", "}catch{}", ""),
        ("a.js", "", "try{}finally{", "x", "}", ""),
        ("a.js", "", "switch(x){case 1:", "x", "}", ""),
        ("a.js", "", "function f(){", "x", "}", ""),
        ("a.js", "x = ", "<a>", "x", "</a>", ";"),
        ("a.js", "x = ", "<>", "x", "</>", ";"),
        ("a.js", "x = ", "<a b={", "x", "}/>", ";"),
        ("a.js", "x = ", "<a>{", "x", "}</a>", ";"),
        ("a.js", "", "@(", "x", ")", " class A {}"),
        ("a.ts", "let x: ", "(", "x", ")", ";"),
        ("a.ts", "let x: ", "A<", "x", ">", ";"),
        ("a.ts", "let x: ", "[", "x", "]", ";"),
        ("a.ts", "let x: ", "{a:", "x", "}", ";"),
        ("a.ts", "let x: ", "", "x", "[]", ";"),
        ("a.ts", "let x: ", "()=>", "x", "", ";"),
        ("a.ts", "let x: ", "new ()=>", "x", "", ";"),
        ("a.ts", "let x: ", "(a:", "x", ")=>a", ";"),
        ("a.ts", "let x: ", "keyof ", "x", "", ";"),
        ("a.ts", "let x: ", "readonly ", "x", "", ";"),
        ("a.ts", "let x: ", "A extends B ? C : ", "x", "", ";"),
        ("a.ts", "let x: ", "A extends ", "x", " ? C : D", ";"),
        ("a.ts", "let x: ", "A|", "x", "", ";"),
        ("a.ts", "let x: ", "A&", "x", "", ";"),
        ("a.ts", "let x: ", "`${", "x", "}`", ";"),
        ("a.ts", "let x: ", "{[a in ", "x", "]:b}", ";"),
        ("a.ts", "let x: ", "A[", "x", "]", ";"),
        ("a.ts", "let x: typeof ", "a<", "x", ">", ";"),
        ("a.ts", "function f<", "T extends A<", "x", ">", ">(){}"),
        ("a.ts", "x = ", "<A>", "x", "", ";"),
        ("a.ts", "x = ", "", "x", " as A", ";"),
        ("a.ts", "x = ", "", "x", "!", ";"),
        ("a.ts", "x = ", "a<", "x", ">", "();"),
        ("a.ts", "x = ", "(a:b)=>", "x", "", ";"),
        ("a.ts", "", "namespace A{", "x", "}", ""),
        ("A.java", "class A { int x = ", "(", "x", ")", "; }"),
        ("A.java", "class A { int x = ", "f(", "x", ")", "; }"),
        ("A.java", "class A { int x = ", "-", "x", "", "; }"),
        ("A.java", "class A { int x = ", "!", "x", "", "; }"),
        ("A.java", "class A { int x = ", "(int)", "x", "", "; }"),
        ("A.java", "class A { int x = ", "a->", "x", "", "; }"),
        ("A.java", "class A { int x = ", "()->{", "x();", "}", "; }"),
        ("A.java", "class A { int x = ", "x?y:", "x", "", "; }"),
        ("A.java", "class A { int x = ", "x+", "x", "", "; }"),
        ("A.java", "class A { int x = ", "x&&", "x", "", "; }"),
        ("A.java", "class A { int x = ", "", "x", ".a", "; }"),
        ("A.java", "class A { int x = ", "", "x", ".a()", "; }"),
        ("A.java", "class A { int x = ", "", "x", "[0]", "; }"),
        (
            "A.java",
            "class A { int x = ",
            "new A(){ int x = ",
            "x",
            ";}",
            "; }",
        ),
        ("A.java", "class A { int x = ", "new A(", "x", ")", "; }"),
        ("A.java", "class A { int[] x = ", "{", "1", "}", "; }"),
        (
            "A.java",
            "class A { int x = ",
            "switch(x){default->",
            "x",
            ";}",
            "; }",
        ),
        ("A.java", "class A { void f() {", "{", "x();", "}", "} }"),
        ("A.java", "class A { void f() {", "if(x)", "x();", "", "} }"),
        (
            "A.java",
            "class A { void f() {",
            "if(x)y();else ",
            "x();",
            "",
            "} }",
        ),
        (
            "A.java",
            "class A { void f() {",
            "for(;;)",
            "x();",
            "",
            "} }",
        ),
        ("A.java", "class A { void f() {", "a:", "x();", "", "} }"),
        (
            "A.java",
            "class A { void f() {",
            "do ",
            "x();",
            "while(x);",
            "} }",
        ),
        (
            "A.java",
            "class A { void f() {",
            "try{",
            "x();",
            "}finally{}",
            "} }",
        ),
        (
            "A.java",
            "class A { void f() {",
            "synchronized(x){",
            "x();",
            "}",
            "} }",
        ),
        ("A.java", "class A { void f() {", "x = ", "x", "", ";} }"),
        ("A.java", "", "class A{", "", "}", ""),
        ("A.java", "class A { ", "B<", "C", ">", " x; }"),
        ("A.java", "", "@A(", "1", ")", " class A {}"),
        ("a.go", "package a\nvar x = ", "(", "x", ")", "\n"),
        ("a.go", "package a\nvar x = ", "f(", "x", ")", "\n"),
        ("a.go", "package a\nvar x = ", "-", "x", "", "\n"),
        ("a.go", "package a\nvar x = ", "<-", "x", "", "\n"),
        ("a.go", "package a\nvar x = ", "*", "x", "", "\n"),
        ("a.go", "package a\nvar x = ", "x+", "x", "", "\n"),
        ("a.go", "package a\nvar x = ", "x&&", "x", "", "\n"),
        ("a.go", "package a\nvar x = ", "", "x", ".a", "\n"),
        ("a.go", "package a\nvar x = ", "", "x", "()", "\n"),
        ("a.go", "package a\nvar x = ", "", "x", "[0]", "\n"),
        ("a.go", "package a\nvar x = ", "", "x", ".(T)", "\n"),
        ("a.go", "package a\nvar x = ", "T{", "x", "}", "\n"),
        ("a.go", "package a\nvar x = ", "func() {", "x()", "}", "\n"),
        ("a.go", "package a\nvar x ", "[]", "x", "", "\n"),
        ("a.go", "package a\nvar x ", "chan ", "x", "", "\n"),
        ("a.go", "package a\nvar x ", "map[a]", "x", "", "\n"),
        ("a.go", "package a\nvar x ", "func() ", "x", "", "\n"),
        ("a.go", "package a\nvar x ", "struct{a ", "x", "}", "\n"),
        ("a.go", "package a\nfunc f() {", "{", "x()", "}", "}\n"),
        ("a.go", "package a\nfunc f() {", "if x {", "x()", "}", "}\n"),
        (
            "a.go",
            "package a\nfunc f() {",
            "if x {} else ",
            "if x {}",
            "",
            "}\n",
        ),
        ("a.go", "package a\nfunc f() {", "for {", "x()", "}", "}\n"),
        (
            "a.go",
            "package a\nfunc f() {",
            "switch {case x:",
            "x()",
            "}",
            "}\n",
        ),
        ("a.go", "package a\nfunc f() {", "a:", "x()", "", "}\n"),
    ];

    fn language(path: &str) -> Language {
        crate::language_of(path.as_bytes()).expect("a language")
    }

    fn text(construct: &Construct, times: usize) -> String {
        let (_, before, open, inside, close, after) = construct;
        format!(
            "{before}{}{inside}{}{after}",
            open.repeat(times),
            close.repeat(times)
        )
    }

    #[test]
    fn no_construct_overflows_the_stack_that_is_made_for_it() {
        for construct in CONSTRUCTS {
            let text = text(construct, 4_000);
            let path = construct.0;
            // What can nest was counted: else the rest proves nothing.
            assert!(levels(&text) >= 4_000, "{construct:?}");
            let lowered = lower_checked(language(path), Source { path, text: &text });
            assert!(
                !matches!(lowered, Err(Refused::TooManyLevels { .. })),
                "{construct:?}"
            );
        }
    }

    #[test]
    fn a_text_that_fools_the_check_of_nesting_is_survived() {
        // After a block, `/}/` is a regular expression; the check sees divisions and a bracket.
        let text = "{{}/}/;\n".repeat(30_000);
        let source = Source {
            path: "a.js",
            text: &text,
        };
        assert_eq!(limits::check(Language::JavaScript, source), Ok(()));
        let module = lower_checked(Language::JavaScript, source).expect("lowered");
        assert!(!module.coverage.unknown.is_empty() || !module.coverage.errors.is_empty());
    }

    #[test]
    fn a_text_with_too_much_that_can_nest_is_refused() {
        let text = "x = 1 # (((((((((\n".repeat(101_000);
        let source = Source {
            path: "a.py",
            text: &text,
        };
        let levels = 101_000 * 10;
        assert_eq!(
            lower_checked(Language::Python, source).err(),
            Some(Refused::TooManyLevels { levels })
        );
    }
}
