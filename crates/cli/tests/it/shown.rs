//! What a scan shows of secrets, and what it says of files that it does not judge.

use crate::repository::Repository;

#[test]
fn the_rest_of_a_line_with_a_secret_stays_and_the_mask_is_underlined() {
    let repository = Repository::new();
    repository
        .write(
            "a.py",
            "import psycopg2\n\n\ndef connect():\n    return psycopg2.connect(user=\"billing_admin\", \
             password=\"Vq8!kd92hsLq0zX\", host=\"db.internal\")\n",
        )
        .write(
            "b.js",
            "const mysql = require(\"mysql2\");\nconst c = mysql.createConnection({ user: \"admin\", \
             password: \"Vq8!kd92hsLq0zX\", host: \"db.internal\" });\n",
        )
        .commit("feat: a");
    let text = repository.trueline(&["scan"]).stdout();
    for shown in [
        "`password=\"…\"` holds a secret",
        "`password: \"…\"` holds a secret",
        "password=\"[redacted]\", host=\"db.internal\")",
        "password: \"[redacted]\", host: \"db.internal\" }",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|l| l.contains("[redacted]")).unwrap();
    let mask = lines[at].find("[redacted]").unwrap();
    assert_eq!(lines[at + 1].find('^'), Some(mask), "{text}");
    assert_eq!(lines[at + 1].matches('^').count(), "[redacted]".len());
    for format in ["json", "sarif", "html", "markdown"] {
        let out = repository.trueline(&["scan", "--format", format]).stdout();
        assert!(!out.contains("Vq8!kd92"), "{format}");
        // SARIF has places and no lines.
        let kept = out.contains("billing_admin");
        assert!(kept || format == "sarif", "{format}");
    }
}

#[test]
fn templates_are_counted_as_not_judged() {
    let repository = Repository::new();
    repository
        .write(
            "app.py",
            "from flask import Flask, render_template, request\n\napp = Flask(__name__)\n\n\n@app.route(\"/\")\n\
             def index():\n    return render_template(\"index.html\", name=request.args[\"name\"])\n",
        )
        .write("templates/index.html", "<p>{{ name|safe }}</p>\n")
        .write("docs/page.html", "<p>Hello</p>\n")
        .write("mail.ejs", "<%- name %>\n")
        .commit("feat: a");
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(report["sources"]["unsupported_files"], 2);
    let text = repository.trueline(&["scan"]).stdout();
    assert!(text.contains("2 files in other"), "{text}");
    assert!(!text.contains("None found cross-site-scripting"), "{text}");
}

/// How a text is written into a file, and how it is read from there.
struct Encoding {
    name: &'static str,
    write: fn(&str) -> Vec<u8>,
    /// What becomes of `é`, the one letter of these lines that is not of ASCII.
    letter: &'static str,
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

const ENCODINGS: [Encoding; 7] = [
    Encoding {
        name: "utf8",
        write: |text| text.into(),
        letter: "é",
    },
    Encoding {
        name: "utf8-mark",
        write: |text| format!("\u{feff}{text}").into(),
        letter: "é",
    },
    Encoding {
        name: "latin1",
        write: |text| text.chars().map(|c| c as u8).collect(),
        letter: "\u{fffd}",
    },
    Encoding {
        name: "utf16le",
        write: |text| utf16(&format!("\u{feff}{text}"), u16::to_le_bytes),
        letter: "é",
    },
    Encoding {
        name: "utf16be",
        write: |text| utf16(&format!("\u{feff}{text}"), u16::to_be_bytes),
        letter: "é",
    },
    Encoding {
        name: "utf16le-no-mark",
        write: |text| utf16(&text.replace('é', "e"), u16::to_le_bytes),
        letter: "e",
    },
    Encoding {
        name: "utf16be-no-mark",
        write: |text| utf16(&text.replace('é', "e"), u16::to_be_bytes),
        letter: "e",
    },
];

#[test]
fn no_encoding_of_a_file_moves_the_mask_off_the_secret() {
    // Put together here, so that no scanner takes this file for one that holds them.
    let secrets = [
        ("token", "ghp", "_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R"),
        ("key", "AKIA", "Q3ZT7WPLM5XVR2KD"),
        ("password", "", "S3cr3tPw9xKd72"),
    ];
    // Before and after the secret.
    let places = [
        ("alone", "", ""),
        ("first", "", " # é, and so on"),
        ("last", "$é = 1; é -t ", ""),
        ("middle", "é é é é é é é ", " é\r\n# é"),
        ("second", "# é\r\n\r\n\té ", "\r\n"),
        ("far", "éééééééééé call --with \"a text\" --token ", " x"),
    ];
    let repository = Repository::new();
    let mut expected: Vec<(String, String)> = Vec::new();
    for (secret, begin, end) in secrets {
        let (begin, after) = if begin.is_empty() {
            ("git clone https://bot:".to_owned(), "@git.acme-corp.com/a")
        } else {
            (begin.to_owned(), "")
        };
        for (place, left, right) in places {
            let text = format!("{left}{begin}{end}{after}{right}");
            let shown = if secret == "password" {
                text.replace(end, "[redacted]")
            } else {
                text.replace(&format!("{begin}{end}"), "[redacted]")
            };
            let shown = shown.lines().find(|line| line.contains('[')).unwrap();
            for encoding in &ENCODINGS {
                let path = format!("{secret}-{place}-{}.ps1", encoding.name);
                repository.write(&path, (encoding.write)(&text));
                expected.push((path, shown.replace('é', encoding.letter)));
            }
        }
        for encoding in &ENCODINGS[..5] {
            let path = format!("{secret}-{}.py", encoding.name);
            let text = format!("t = \"{begin}{end}{after}\"  # é\n");
            repository.write(&path, (encoding.write)(&text));
            let shown = format!("t = \"[redacted]\"  # {}", encoding.letter);
            expected.push((path, shown));
        }
    }
    repository.commit("one");
    let report = repository
        .trueline(&["scan", "--all", "--format", "json"])
        .json();
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<(String, String)> = findings
        .map(|finding| {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let location = &finding["location"];
            (text(&location["path"]), text(&location["snippet"]))
        })
        .collect();
    found.sort();
    expected.sort();
    // Texts in quotes beside a secret that is in none are hidden as well.
    for (_, line) in &mut expected {
        *line = line.replace("a text", "[redacted]");
    }
    assert_eq!(found, expected);
    for format in ["terminal", "json", "sarif", "html", "markdown"] {
        let run = repository.trueline(&["scan", "--all", "--format", format]);
        let mut out = run.stdout();
        // A shown zero is none between two letters.
        for zero in ["\0", "\\u0000", "<U+0000>", "&lt;U+0000&gt;"] {
            out = out.replace(zero, "");
        }
        for (secret, _, end) in secrets {
            for at in 0..=end.len() - 6 {
                let part = &end[at..at + 6];
                assert!(!out.contains(part), "{format}: {secret} shows {part}");
            }
        }
    }
}

#[test]
fn the_answer_counts_sources_that_were_skipped_as_not_judged() {
    let repository = Repository::new();
    let deep = format!("x = {}{}\n", "(".repeat(5_000), ")".repeat(5_000));
    repository
        .write("a.py", "x = 1\n")
        .write("b.py", "x = 1\n")
        .write("big.py", "x = 1\n".repeat(2_000_000))
        .write("deep.py", deep)
        .write("logo.png", "\0")
        .commit("one");
    let headline = |judged: &str| {
        for format in ["terminal", "markdown", "html"] {
            let text = repository.trueline(&["scan", "--format", format]).stdout();
            assert!(text.contains(judged), "{format}: {text}");
        }
    };
    headline("2 of 4 files could be judged");
    repository.write("c.rb", "x = 1\n").commit("two");
    headline("2 of 5 files could be judged");
}
