//! One's own skills on the command line: private files, disputes at once, shares that end.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

struct Person {
    data: TempDir,
}

impl Person {
    /// Somebody with forty exercises behind them, three of four solved.
    fn practised() -> Self {
        let person = Self {
            data: TempDir::new().unwrap(),
        };
        let lines: Vec<String> = (0..40)
            .map(|n| {
                serde_json::json!({
                    "schema": "trueline.attempt/1", "id": format!("{n:02}aa0000000000"), "day": "2026-05-01",
                    "kind": "attempt", "scenario": format!("py-exercise-{n}"), "version": 1,
                    "language": "python", "class": "injection", "cwe": [89],
                    "outcome": if n % 4 == 0 { "exploited" } else { "fixed" }, "hints": 0,
                    "attempt_number": 1, "aid": "unaided", "seed": 1, "revealed": false, "difficulty": 0.0
                })
                .to_string()
            })
            .collect();
        let folder = person.data.path().join("learn");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("attempts.jsonl"), lines.join("\n") + "\n").unwrap();
        person
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_trueline"))
            .arg("skills")
            .args(arguments)
            .args(["--now", "2026-05-02"])
            .env("TRUELINE_DATA_DIR", self.data.path())
            .env_remove("COLUMNS")
            .current_dir(self.data.path())
            .output()
            .unwrap()
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        serde_json::from_str(&self.text(&all)).unwrap()
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    }

    fn decisions(&self) -> std::path::PathBuf {
        self.data.path().join("skills/decisions.jsonl")
    }
}

fn mean(report: &Value) -> f64 {
    report["abilities"][0]["cells"][0]["standing"]["mean"]
        .as_f64()
        .unwrap()
}

#[test]
fn a_dispute_is_computed_at_once_and_can_be_taken_back() {
    let person = Person::practised();
    let before = person.json(&[]);
    assert_eq!(before["schema"], "trueline.skills/1");
    let why = person.json(&["why", "python/injection"]);
    assert_eq!(why["rows"].as_array().unwrap().len(), 40);
    let failed = why["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["effect"].as_f64().unwrap() < 0.0)
        .unwrap();
    let id = &failed["id"].as_str().unwrap()[..6];
    assert!(
        person
            .text(&["dispute", id, "--reason", "pair work"])
            .contains("no longer counts")
    );
    let after = person.json(&[]);
    assert!(mean(&after) > mean(&before));
    assert_eq!(after["evidence"]["disputed"], 1);
    assert!(
        person
            .refused(&["dispute", id])
            .contains("disputed already")
    );
    person.text(&["restore", id]);
    assert_eq!(person.json(&[]), before);
    assert!(person.refused(&["restore", id]).contains("not disputed"));
    assert!(person.refused(&["dispute", "zz"]).contains("skills why"));
    assert!(person.refused(&["dispute", "0"]).contains("more than one"));
}

#[test]
fn a_share_shows_one_skill_until_it_ends_and_every_look_is_on_record() {
    let person = Person::practised();
    let cell = "python/injection";
    person.text(&["share", cell, "--with", "ana", "--until", "2026-06-01"]);
    let document = person.json(&["shared", "s1"]);
    assert_eq!(document["cell"], cell);
    assert_eq!(document["with"], "ana");
    assert!(
        !document.to_string().contains("py-exercise"),
        "what it rests on is not shared"
    );
    assert_eq!(person.json(&["log"])["reads"].as_array().unwrap().len(), 1);
    person.text(&["revoke", "s1"]);
    assert!(person.refused(&["shared", "s1"]).contains("taken back"));
    assert_eq!(person.json(&["log"])["reads"].as_array().unwrap().len(), 1);
    assert!(person.refused(&["revoke", "s1"]).contains("before"));
    assert!(person.refused(&["shared", "s9"]).contains("skills shares"));
    let past = ["share", cell, "--with", "ana", "--until", "2026-05-01"];
    assert!(person.refused(&past).contains("past"));
    let long = ["share", cell, "--with", "ana", "--until", "2028-05-01"];
    assert!(person.refused(&long).contains("a year"));
    let all = [
        "share",
        "everything",
        "--with",
        "ana",
        "--until",
        "2026-06-01",
    ];
    assert!(
        person.refused(&all).contains("python/injection"),
        "one skill, never all"
    );
}

#[cfg(unix)]
#[test]
fn what_is_written_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let person = Person::practised();
    person.text(&[
        "share",
        "python/injection",
        "--with",
        "ana",
        "--until",
        "2026-06-01",
    ]);
    let mode = std::fs::metadata(person.decisions())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn deleting_asks_first_and_then_leaves_nothing() {
    let person = Person::practised();
    person.text(&[
        "share",
        "python/injection",
        "--with",
        "ana",
        "--until",
        "2026-06-01",
    ]);
    let export = person.json(&["export"]);
    assert_eq!(export["attempts"].as_array().unwrap().len(), 40);
    assert_eq!(export["decisions"].as_array().unwrap().len(), 1);
    assert!(person.refused(&["delete"]).contains("--yes"));
    assert!(person.decisions().exists());
    person.text(&["delete", "--yes"]);
    let files = walk(person.data.path());
    assert_eq!(files, [""; 0]);
    assert_eq!(person.json(&[])["evidence"]["counted"], 0);
}

fn walk(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path.display().to_string());
        }
    }
    files
}

#[test]
fn damaged_records_are_told_and_nobody_without_records_is_turned_away() {
    let person = Person::practised();
    let file = person.data.path().join("learn/attempts.jsonl");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("{\"schema\": \"trueline.attempt/1\", \"id\": ");
    std::fs::write(&file, text).unwrap();
    let report = person.json(&[]);
    assert_eq!(report["evidence"]["counted"], 40);
    assert!(
        report["diagnostics"][0]["message"]
            .as_str()
            .unwrap()
            .contains(":41:")
    );
    let nobody = Person {
        data: TempDir::new().unwrap(),
    };
    assert!(nobody.text(&[]).contains("trueline learn next"));
}

#[test]
fn the_page_is_one_file_and_a_saved_scan_says_what_to_practise() {
    let person = Person::practised();
    let page = person.text(&["--format", "html"]);
    assert!(page.starts_with("<!doctype html>") && page.contains("python/injection"));
    let other = ["why", "python/injection", "--format", "html"];
    assert!(person.refused(&other).contains("whole profile"));
    let repository = crate::repository::Repository::new();
    repository.write("app.py", crate::repository::UNSAFE_VIEW);
    let scan = repository.trueline(&["scan", "--format", "json"]);
    let file = person.data.path().join("scan.json");
    std::fs::write(&file, scan.stdout()).unwrap();
    let report = person.json(&["--findings", file.to_str().unwrap()]);
    assert_eq!(report["practise"][0]["cell"], "python/injection");
    assert_eq!(report["practise"][0]["reasons"][0]["reason"], "findings");
    assert_eq!(
        report["abilities"],
        person.json(&[])["abilities"],
        "findings count against nobody"
    );
    std::fs::write(&file, "{}").unwrap();
    let text = person.refused(&["--findings", file.to_str().unwrap()]);
    assert!(text.contains("trueline scan --format json"), "{text}");
}
