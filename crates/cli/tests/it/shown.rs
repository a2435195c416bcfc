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
