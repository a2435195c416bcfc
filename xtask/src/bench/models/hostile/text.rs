//! Documents: YAML up to the size that is parsed and above it, texts and lists of numbers that may be other files.

use super::{Files, fill};

/// YAML of up to 256 KB is parsed.
const PARSED: usize = 255 << 10;

pub(super) fn files() -> Files {
    let yaml = |head: &str, unit: &str, tail: &str| {
        let count = (PARSED - head.len() - tail.len()) / unit.len();
        [head, &unit.repeat(count), tail].concat().into_bytes()
    };
    let mut files: Files = vec![
        ("flow.yaml", yaml("[", "a,", "]")),
        ("flow-open.yaml", yaml("", "[", "")),
        ("flow-keys.yaml", yaml(&"{a: ".repeat(100), "x,", "")),
        (
            "flow-lists-as-keys.yaml",
            yaml(&"{[a,".repeat(60), "x,", ""),
        ),
        ("dashes.yaml", yaml("", "- ", "")),
        ("questions.yaml", yaml("", "? ", "")),
        ("anchors.yaml", yaml("- &a b\n", "- &a c\n- *a\n", "")),
        (
            "aliases.yaml",
            yaml(&format!("- &a {}\n", "x".repeat(60_000)), "- *a\n", ""),
        ),
        ("short-tags.yaml", yaml("", "- !!python/x a\n", "")),
        ("twice.yaml", yaml("{", "a: b, ", "}")),
        ("folded.yaml", yaml("a: >\n", "  b\n\n", "")),
        ("quotes.yaml", yaml("", "- \"\n", "")),
    ];
    files.push((
        "requirements.txt",
        fill(b"", b"a @ https://a.example/b ", b""),
    ));
    files.push(("pyproject.toml", fill(b"url = \"", b"a://", b"\"")));
    files.push(("lines.yaml", fill(b"", b"- {a: [b, c]}\n", b"")));
    files.push(("numbers.json", fill(b"[", b"[128,4,149,3,0,0,0,0],", b"0]")));
    files.push((
        "texts.json",
        fill(b"[", b"\"128, 4, 149, 3, 0, 0, 0, 0, 46\",", b"0]"),
    ));
    files.push((
        "digits.json",
        fill(b"[", b"\"QACJKIYFOBXXG2LYRQDHG6LTORSW2JY\",", b"0]"),
    ));
    files.push(("long-digits.json", fill(b"[\"", b"QACJKIYF", b"\"]")));
    files.push((
        "base85.json",
        fill(b"[", b"\"fCP*MaBp*Ic#H;fd2@7SZIg@!Wn*Y>\",", b"0]"),
    ));
    files.push(("escapes.json", fill(b"[\"", b"\\\\x80\\\\x04]", b"\"]")));
    let function = "{\"class_name\":\"function\",\"module\":\"builtins\",\"config\":";
    files.push((
        "functions-in-functions.json",
        [function.repeat(100), "0".to_owned(), "}".repeat(100)]
            .concat()
            .into_bytes(),
    ));
    files.push((
        "function-of-itself.json",
        format!("{function}{{\"module\":\"builtins\",\"class_name\":\"function\"}}}}").into_bytes(),
    ));
    files.push((
        "extensions.pmml",
        fill(b"<?xml version=\"1.0\"?><PMML>", b"<extension", b""),
    ));
    files.push((
        "sources.xml",
        fill(
            b"<?xml version=\"1.0\"?><net name=\"a\"><layers>",
            b"<source",
            b"",
        ),
    ));
    files.push((
        "libraries.xml",
        fill(
            b"<?xml version=\"1.0\"?><net name=\"a\"><layers>",
            b"library=\"",
            b"",
        ),
    ));
    files.push((
        "entities.xml",
        fill(
            b"<?xml version=\"1.0\"?><net>",
            b"<!ENTITY a ''>",
            b"</net>",
        ),
    ));
    files.push((
        "words.rds",
        fill(b"A\n2\n262657\n131840\n", b"19\n1\n", b"254\n"),
    ));
    files.push(("constants.json", fill(b"[", b"NaN,", b"NaN]")));
    files.push((
        "characters.json",
        fill(b"[\"", "\u{80}\u{4}]\u{94}(K".as_bytes(), b"\"]"),
    ));
    files
}
