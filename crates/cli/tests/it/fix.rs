//! `trueline scan --fix`.

use crate::repository::Repository;

const WEAK: &str =
    "import requests\n\n\ndef load(url):\n    return requests.get(url, verify=False, timeout=5)\n";
const FIXED: &str =
    "import requests\n\n\ndef load(url):\n    return requests.get(url, timeout=5)\n";

fn read(repository: &Repository, file: &str) -> String {
    std::fs::read_to_string(repository.path().join(file)).unwrap()
}

#[test]
fn a_dry_run_prints_a_diff_and_changes_nothing() {
    let repository = Repository::new();
    repository.write("app.py", WEAK).commit("one");
    let output = repository.trueline(&["scan", ".", "--fix", "--dry-run"]);
    assert_eq!(output.code(), 0, "{}", output.stderr());
    assert!(
        output
            .stdout()
            .contains("+    return requests.get(url, timeout=5)"),
        "{}",
        output.stdout()
    );
    assert!(
        output.stderr().contains("would fix 1"),
        "{}",
        output.stderr()
    );
    assert_eq!(read(&repository, "app.py"), WEAK);
}

#[test]
fn safe_fixes_are_written_and_the_rest_is_reported() {
    let repository = Repository::new();
    let secret = "\u{feff}API_KEY = \"t7#kQ9wLz2\"\r\n";
    repository
        .write("app.py", WEAK)
        .write("secret.py", secret)
        .commit("one");
    let output = repository.trueline(&["scan", ".", "--fix"]);
    assert!(
        output
            .stderr()
            .contains("fixed 1 (1 left: need --unsafe-fixes)"),
        "{}",
        output.stderr()
    );
    assert_eq!(read(&repository, "app.py"), FIXED);
    assert_eq!(read(&repository, "secret.py"), secret);
    let output = repository.trueline(&["scan", ".", "--fix", "--dry-run", "--unsafe-fixes"]);
    assert!(
        !output.stdout().contains("t7#kQ9wLz2"),
        "{}",
        output.stdout()
    );
    repository.trueline(&["scan", ".", "--fix", "--unsafe-fixes"]);
    assert_eq!(
        read(&repository, "secret.py"),
        "\u{feff}import os\r\n\r\nAPI_KEY = os.environ[\"API_KEY\"]\r\n"
    );
}

#[test]
fn a_finding_that_a_comment_answers_is_left_alone() {
    let repository = Repository::new();
    let answered = WEAK.replace(
        "timeout=5)",
        "timeout=5)  # trueline: ignore[tls-verification-disabled] a test server",
    );
    repository.write("app.py", &answered).commit("one");
    repository.trueline(&["scan", ".", "--fix"]);
    assert_eq!(read(&repository, "app.py"), answered);
}

#[test]
fn the_flags_of_cookies_are_never_set_unasked() {
    let repository = Repository::new();
    let view = "from flask import Flask, make_response\nfrom flask_wtf.csrf import generate_csrf\n\napp = \
                Flask(__name__)\n\n\n@app.after_request\ndef inject(response):\n    \
                response.set_cookie(\"csrf_token\", generate_csrf())\n    return response\n";
    repository.write("app.py", view).commit("one");
    let run = repository.trueline(&["scan", ".", "--fix", "--dry-run"]);
    assert!(!run.stdout().contains("secure="), "{}", run.stdout());
    assert!(
        run.stderr().contains("need --unsafe-fixes"),
        "{}",
        run.stderr()
    );
    let run = repository.trueline(&["scan", ".", "--fix", "--dry-run", "--unsafe-fixes"]);
    assert!(run.stdout().contains("secure=True"), "{}", run.stdout());
    assert!(!run.stdout().contains("httponly"), "{}", run.stdout());
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    let advice = report["findings"][0]["fix"]["description"]
        .as_str()
        .unwrap();
    assert!(advice.contains("Leave `httponly` as it is"), "{advice}");
}

#[test]
fn a_dry_run_refuses_what_it_would_not_do() {
    let repository = Repository::new();
    repository.write("app.py", WEAK).commit("one");
    let run = repository.trueline(&["scan", "--fix", "--dry-run", "--format", "html"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("--format"), "{}", run.stderr());
    let run = repository.trueline(&["scan", "--dry-run"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("[PATH]..."), "{}", run.stderr());
}
