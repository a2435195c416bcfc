//! Findings that people have answered: comments beside the line, and baselines.

use serde_json::Value;

use crate::repository::{Repository, UNSAFE_VIEW};

fn codes(report: &Value) -> Vec<&str> {
    report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["code"].as_str().unwrap())
        .filter(|c| c.starts_with("suppression") || c.starts_with("baseline"))
        .collect()
}

fn findings(report: &Value) -> usize {
    report["findings"].as_array().unwrap().len()
}

fn suppressed(report: &Value) -> &[Value] {
    report["suppressed"].as_array().map_or(&[], Vec::as_slice)
}

fn with_comment(comment: &str) -> Value {
    let line = "    rows = db";
    let view = UNSAFE_VIEW.replace(line, &format!("    # {comment}\n{line}"));
    let repository = Repository::new();
    repository.write("app.py", view).commit("feat: view");
    repository.trueline(&["scan", "--format", "json"]).json()
}

#[test]
fn a_comment_with_a_reason_answers_the_finding_below_it() {
    let report = with_comment("trueline: ignore[sql-injection] names are checked by the proxy");
    assert_eq!(findings(&report), 0);
    let [one] = suppressed(&report) else {
        panic!("{report}")
    };
    assert_eq!(one["suppression"]["kind"], "comment");
    assert_eq!(
        one["suppression"]["reason"],
        "names are checked by the proxy"
    );
    assert_eq!(codes(&report), Vec::<&str>::new());
}

#[test]
fn a_comment_without_a_reason_has_no_effect_and_is_reported() {
    let report = with_comment("trueline: ignore[sql-injection]");
    assert_eq!(findings(&report), 1);
    assert_eq!(codes(&report), ["suppression-without-reason"]);
}

#[test]
fn a_comment_that_answers_nothing_is_reported() {
    let report = with_comment("trueline: ignore[path-traversal] was fixed long ago");
    assert_eq!(findings(&report), 1);
    assert_eq!(codes(&report), ["suppression-unused"]);
    let report = with_comment("trueline: ignore[sql-injektion] a slip");
    assert_eq!(codes(&report), ["suppression-unknown-rule"]);
}

#[test]
fn sarif_says_that_a_result_is_suppressed_and_why() {
    let repository = Repository::new();
    let line = "    rows = db";
    let view = UNSAFE_VIEW.replace(
        line,
        &format!("    # trueline: ignore[sql-injection] a reason\n{line}"),
    );
    repository.write("app.py", view).commit("feat: view");
    let sarif = repository.trueline(&["scan", "--format", "sarif"]).json();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["suppressions"][0]["kind"], "inSource");
    assert_eq!(result["suppressions"][0]["justification"], "a reason");
}

#[test]
fn a_baseline_hides_what_was_there_and_shows_what_is_new() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("feat: view");
    let written = repository.trueline(&["scan", "--write-baseline", "known.json"]);
    assert_eq!(written.code(), 0);
    // Lines move, a second view comes.
    let moved = UNSAFE_VIEW.replace("import sqlite3\n", "import os\nimport sqlite3\n");
    repository
        .write("app.py", moved)
        .write("other.py", UNSAFE_VIEW)
        .commit("feat: another");
    let report = repository
        .trueline(&["scan", "--baseline", "known.json", "--format", "json"])
        .json();
    assert_eq!(findings(&report), 1);
    assert_eq!(report["findings"][0]["location"]["path"], "other.py");
    assert_eq!(suppressed(&report).len(), 1);
    assert_eq!(suppressed(&report)[0]["suppression"]["kind"], "baseline");
    let text = repository
        .trueline(&["scan", "--baseline", "known.json"])
        .stdout();
    assert!(text.starts_with("1 new finding in "), "{text}");
    assert!(text.contains("1 in the baseline"), "{text}");
    repository.write("other.py", "").commit("fix: remove it");
    let report = repository
        .trueline(&["scan", "--baseline", "known.json", "--format", "json"])
        .json();
    let hits = |group: &str| report["weaknesses"][0][group]["hits"].as_u64().unwrap();
    assert_eq!(hits("known_ai") + hits("not_known_ai"), 0);
    let text = repository
        .trueline(&["scan", "--baseline", "known.json"])
        .stdout();
    assert!(text.starts_with("No new findings in "), "{text}");
    assert!(!text.contains("sql-injection at"), "{text}");
}

#[test]
fn a_baseline_of_fixed_findings_asks_to_be_written_anew() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("feat: view");
    repository.trueline(&["scan", "--write-baseline", "known.json"]);
    repository
        .write("app.py", "print(1)\n")
        .commit("fix: remove");
    let report = repository
        .trueline(&["scan", "--baseline", "known.json", "--format", "json"])
        .json();
    assert_eq!(codes(&report), ["baseline-outdated"]);
}

#[test]
fn a_baseline_that_is_none_is_an_error_of_usage() {
    let repository = Repository::new();
    repository
        .write("app.py", UNSAFE_VIEW)
        .write("known.json", "{}")
        .commit("feat: view");
    let outcome = repository.trueline(&["scan", "--baseline", "known.json"]);
    assert_eq!(outcome.code(), 2);
}

#[test]
fn what_a_comment_answers_is_nowhere_called_clean_and_everywhere_counted() {
    let repository = Repository::new();
    let line = "    rows = db";
    let comment = "# trueline: ignore[sql-injection] later";
    let view = UNSAFE_VIEW.replace(line, &format!("    {comment}\n{line}"));
    repository.write("app.py", view).commit("feat: view");
    for format in ["terminal", "markdown", "html"] {
        let text = repository.trueline(&["scan", "--format", format]).stdout();
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        assert!(text.contains("1 answered by a comment"), "{format}: {text}");
        let found = text.split("None found").nth(1).unwrap_or_default();
        let found: String = found.chars().take(300).collect();
        assert!(!found.contains("sql-injection"), "{format}: {found}");
    }
    let sast = repository
        .trueline(&["scan", "--format", "gitlab-sast"])
        .stdout();
    assert!(sast.contains("not reported: 1 finding answered by a comment"));
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    let rates = report["weaknesses"].as_array().unwrap();
    let rate = rates.iter().find(|rate| rate["rule"] == "sql-injection");
    let rate = rate.unwrap();
    assert_eq!(rate["answered"], 1);
    for group in ["known_ai", "not_known_ai"] {
        assert_eq!(rate[group]["of"], 0, "{rate}");
    }
}
