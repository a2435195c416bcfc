//! Files that no front end reads: looked through for secrets that are known by their form, left out by the
//! configuration, or not there.

use serde_json::Value;

use crate::repository::{Repository, SAFE_VIEW};

/// Put together here, so that no scanner takes this file for one that holds a token.
fn token() -> String {
    format!("ghp{}", "_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R")
}

fn places(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["rule"] == "hard-coded-secret");
    let place = |finding: &Value| {
        let at = &finding["location"];
        format!("{}:{}", at["path"].as_str().unwrap(), at["start"]["line"])
    };
    let mut places: Vec<String> = findings.map(place).collect();
    places.sort();
    places
}

#[test]
fn a_token_is_found_in_files_of_every_kind_and_never_shown() {
    let token = token();
    let repository = Repository::new();
    repository
        .write(".env", format!("# x\n\nTOKEN={token}\n"))
        .write("conf.yml", format!("token: {token}\n"))
        .write("c.json", format!("{{\"token\": \"{token}\"}}\n"))
        .write("Dockerfile", format!("FROM x\nENV T={token}\n"))
        .write("r.sh", format!("export T={token}\n"))
        .write("m.rs", format!("fn main() {{ let t = \"{token}\"; }}\n"))
        .write("app.py", SAFE_VIEW)
        .commit("one");
    let run = repository.trueline(&["scan", "--format", "json"]);
    assert!(!run.stdout().contains(&token[4..]), "{}", run.stdout());
    let expected = [
        ".env:3",
        "Dockerfile:2",
        "c.json:1",
        "conf.yml:1",
        "m.rs:1",
        "r.sh:1",
    ];
    assert_eq!(places(&run.json()), expected);
    for format in ["terminal", "html", "markdown", "sarif"] {
        let run = repository.trueline(&["scan", "--format", format]);
        assert!(!run.stdout().contains(&token[4..]), "{format}");
    }
    // The same bytes with any number of threads and with a cache that knows the files.
    let again = repository.trueline(&["scan", "--format", "json", "--threads", "1"]);
    assert_eq!(again.stdout(), run.stdout());
}

#[test]
fn what_is_no_token_of_somebody_is_left_alone() {
    let token = token();
    let repository = Repository::new();
    let long = "x".repeat(60_000);
    repository
        .write("package-lock.json", format!("{{\"a\": \"{token}\"}}\n"))
        .write("app.min.css", format!("/* {token} */\n"))
        .write(
            "one-line.json",
            format!("{{\"a\": \"{long}\", \"b\": \"{token}\"}}\n"),
        )
        .write("bin.dat", format!("\0\0{token}\n"))
        .write(
            ".env.example",
            "TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
        )
        .write("tests/data/conf.yml", format!("token: {token}\n"))
        .write("sums.txt", "d41d8cd98f00b204e9800998ecf8427e  a.bin\n")
        .write(
            "answered.yml",
            format!("# trueline: ignore[hard-coded-secret] revoked\ntoken: {token}\n"),
        )
        .write("app.py", SAFE_VIEW)
        .commit("one");
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(places(&report), Vec::<String>::new());
    assert_eq!(report["suppressed"].as_array().unwrap().len(), 1);
    let all = repository.trueline(&["scan", "--all", "--format", "json"]);
    assert_eq!(places(&all.json()), ["tests/data/conf.yml:1"]);
}

#[test]
fn a_new_token_is_one_of_the_change_and_an_old_one_is_not() {
    let token = token();
    let repository = Repository::new();
    repository
        .write("old.yml", format!("token: {token}\n"))
        .write("app.py", SAFE_VIEW)
        .commit("one");
    repository
        .write("new.yml", format!("token: {token}\n"))
        .write("old.yml", format!("# more\ntoken: {token}\n"))
        .commit("two");
    let report = repository.trueline(&["scan", "--diff", "HEAD~1", "--format", "json"]);
    assert_eq!(places(&report.json()), ["new.yml:1"]);
}

#[test]
fn the_password_of_a_connection_is_a_finding_wherever_it_stands() {
    let url = format!(
        "postgres://admin:{}@db.prod.acme.com:5432/app",
        "S3cr3tPw9x"
    );
    let near = url.replace("db.prod.acme.com", "db");
    let repository = Repository::new();
    repository
        .write(
            "settings.py",
            format!("DATABASE = \"{url}\"\nNEAR = \"{near}\"\n"),
        )
        .write("app.toml", format!("[db]\nurl = \"{url}\"\n"))
        .commit("one");
    let run = repository.trueline(&["scan", "--format", "json"]);
    assert_eq!(places(&run.json()), ["app.toml:2", "settings.py:1"]);
    assert!(!run.stdout().contains("S3cr3t"));
    let all = repository.trueline(&["scan", "--all", "--format", "json"]);
    assert_eq!(
        places(&all.json()),
        ["app.toml:2", "settings.py:1", "settings.py:2"]
    );
}

#[test]
fn what_the_configuration_leaves_out_is_counted_in_every_format() {
    let repository = Repository::new();
    repository
        .write(
            "trueline.toml",
            "schema = 1\n[scan]\nexclude = [\"svc/**\"]\n",
        )
        .write("svc/a.py", SAFE_VIEW)
        .write("svc/b.py", SAFE_VIEW)
        .write("svc/logo.png", "\0")
        .write("app.py", SAFE_VIEW)
        .commit("one");
    let said = "2 files are left out by `[scan] exclude` of trueline.toml";
    for format in [
        "terminal",
        "markdown",
        "html",
        "json",
        "sarif",
        "gitlab-sast",
    ] {
        let text = repository.trueline(&["scan", "--format", format]).stdout();
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut text = words.join(" ");
        for (escaped, plain) in [
            ("<code>", "`"),
            ("</code>", "`"),
            ("&#96;", "`"),
            ("&#91;", "["),
            ("&#93;", "]"),
        ] {
            text = text.replace(escaped, plain);
        }
        assert!(text.contains(said), "{format}: {text}");
    }
    let run = repository.trueline(&["scan", "svc"]);
    let answer = run.stdout();
    let words: Vec<&str> = answer.split_whitespace().collect();
    let answer = words.join(" ");
    assert!(answer.starts_with("Nothing to judge in "), "{answer}");
    assert!(answer.contains(&format!("svc: {said}")), "{answer}");
}

#[test]
fn a_scan_of_one_kind_of_files_says_that_there_is_none_of_that_kind() {
    let repository = Repository::new();
    repository.write("app.py", SAFE_VIEW).commit("one");
    let run = repository.trueline(&["scan", "--only", "agents", "."]);
    let text = run.stdout();
    assert!(text.contains("no file that steers agents"), "{text}");
    assert!(!text.contains("supported language"), "{text}");
}
