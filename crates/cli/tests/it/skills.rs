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
        // A share is of the day that it is.
        let of_today = ["share", "shared", "revoke"];
        let is_of_today = arguments.first().is_some_and(|one| of_today.contains(one));
        let now: &[&str] = if is_of_today {
            &[]
        } else {
            &["--now", "2026-05-02"]
        };
        self.run_as_it_is(&[arguments, now].concat())
    }

    fn run_as_it_is(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_trueline"))
            .arg("skills")
            .args(arguments)
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

/// So many days from today.
fn in_days(days: i64) -> String {
    use jiff::ToSpan as _;
    let day = jiff::Zoned::now().date() + days.days();
    day.to_string()
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
    let told = person.text(&["dispute", id, "--reason", "pair work"]);
    let by = format!("{:+.2}", failed["effect"].as_f64().unwrap());
    assert!(
        told.contains(&format!(
            "no longer counts. It had moved python/injection by {by}."
        )),
        "{told}"
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
    let until = in_days(30);
    person.text(&["share", cell, "--with", "ana", "--until", &until]);
    let document = person.json(&["shared", "s1"]);
    assert_eq!(document["cell"], cell);
    assert_eq!(document["with"], "ana");
    assert_eq!(document["day"], in_days(0));
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
    let share = |skill: &str, until: &str| {
        person.refused(&["share", skill, "--with", "ana", "--until", until])
    };
    assert!(share(cell, &in_days(-1)).contains("past"));
    assert!(share(cell, &in_days(400)).contains("a year"));
    assert!(
        share("everything", &until).contains("python/injection"),
        "one skill, never all"
    );
}

#[test]
fn no_day_but_today_opens_a_share() {
    let person = Person::practised();
    let file = person.decisions();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let ended = r#"{"schema":"trueline.skill-decision/1","day":"2026-05-01","event":"share","share":"s1","cell":"python/injection","with":"ana","until":"2026-05-20"}"#;
    std::fs::write(&file, format!("{ended}\n")).unwrap();
    assert!(
        person
            .refused(&["shared", "s1"])
            .contains("ended on 2026-05-20")
    );
    for arguments in [
        &["shared", "s1"][..],
        &["revoke", "s1"],
        &[
            "share",
            "python/injection",
            "--with",
            "ana",
            "--until",
            "2026-05-20",
        ],
    ] {
        let then = person.run_as_it_is(&[arguments, &["--now", "2026-05-02"]].concat());
        assert_eq!(then.status.code(), Some(2), "{then:?}");
        assert!(then.stdout.is_empty());
        let told = String::from_utf8(then.stderr).unwrap();
        assert!(told.contains("--now"), "{told}");
    }
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        format!("{ended}\n")
    );
    // A decision is of the day on which it was made, whatever day is asked about.
    person.text(&["keep", "90"]);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.lines().nth(1).unwrap().contains(&in_days(0)), "{text}");
}

#[test]
fn a_decision_that_cannot_be_read_shuts_every_share_and_folds_nothing() {
    let person = Person::practised();
    let cell = "python/injection";
    person.text(&["share", cell, "--with", "ana", "--until", &in_days(30)]);
    person.json(&["shared", "s1"]);
    person.text(&["revoke", "s1"]);
    person.text(&["keep", "forever"]);
    let file = person.decisions();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let place = |line: usize| format!("decisions.jsonl:{line}");
    // The revocation is cut, and then what was said about keeping.
    for damaged in [2, 3] {
        let mut cut: Vec<&str> = lines.clone();
        cut[damaged] = &cut[damaged][..20];
        std::fs::write(&file, cut.join("\n") + "\n").unwrap();
        let told = person.refused(&["shared", "s1"]);
        assert!(told.contains(&place(damaged + 1)), "{told}");
        let told = person.refused(&["share", cell, "--with", "ben", "--until", &in_days(3)]);
        assert!(told.contains(&place(damaged + 1)), "{told}");
        let told = person.refused(&["forget", "--before", "2026-05-02", "--yes"]);
        assert!(told.contains(&place(damaged + 1)), "{told}");
        for arguments in [&["shares"][..], &["log"], &["why", cell], &["keep"]] {
            let output = person.run(arguments);
            assert!(output.status.success(), "{output:?}");
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(told.contains(&place(damaged + 1)), "{arguments:?} {told}");
        }
        // Long past its time, and nobody knows whether it may go.
        let profile = person.run_as_it_is(&["--format", "json"]);
        let profile: Value = serde_json::from_slice(&profile.stdout).unwrap();
        assert_eq!(profile["evidence"]["folded"], Value::Null, "{profile}");
        let told = profile["diagnostics"].to_string();
        assert!(
            told.contains(&place(damaged + 1)) && told.contains("nothing is folded"),
            "{told}"
        );
    }
    assert_eq!(
        std::fs::read_to_string(&file).unwrap().lines().count(),
        4,
        "a refusal puts nothing on record"
    );
}

#[test]
fn a_try_that_is_no_evidence_can_be_disputed_and_its_practice_goes_with_it() {
    let person = Person::practised();
    let file = person.data.path().join("learn/attempts.jsonl");
    let line = |id: &str, outcome: &str, number: u32| {
        serde_json::json!({
            "schema": "trueline.attempt/1", "id": id, "day": "2026-05-01", "kind": "attempt",
            "scenario": "py-long", "version": 1, "language": "python", "class": "secrets",
            "cwe": [798], "outcome": outcome, "hints": 0, "attempt_number": number,
            "aid": "unaided", "seed": 1, "revealed": false, "difficulty": 0.0
        })
        .to_string()
    };
    let tries = [
        line("f1", "exploited", 1),
        line("f2", "exploited", 2),
        line("f3", "exploited", 3),
        line("f4", "fixed", 4),
    ];
    std::fs::write(&file, tries.join("\n")).unwrap();
    let why = person.json(&["why", "python/secrets"]);
    let states: Vec<&str> = why["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["active", "active", "set-aside", "set-aside"]);
    let unaided = |report: &Value| report["reliance"][0]["unaided"].as_u64().unwrap();
    assert_eq!(unaided(&person.json(&[])), 4);
    person.text(&["dispute", "f2"]);
    assert_eq!(unaided(&person.json(&[])), 3);
    // With the first gone the third is the first, and no second try is left over.
    person.text(&["dispute", "f1"]);
    let why = person.text(&["why", "python/secrets"]);
    assert!(
        why.contains("py-long: the exploit got through at try 3, the first that counts"),
        "{why}"
    );
    assert!(why.contains("py-long solved at try 4"), "{why}");
    person.text(&["restore", "f2"]);
    person.text(&["restore", "f1"]);
    assert_eq!(unaided(&person.json(&[])), 4);
}

#[cfg(unix)]
#[test]
fn what_lies_in_the_way_of_progress_is_told_with_advice_and_hangs_nobody() {
    use std::os::unix::fs::symlink;

    let here = |what: &dyn Fn(&Path)| {
        let person = Person::practised();
        let file = person.data.path().join("learn/attempts.jsonl");
        std::fs::remove_file(&file).unwrap();
        what(&file);
        for command in [
            &["skills"][..],
            &["learn"],
            &["learn", "list"],
            &["learn", "export"],
            &["skills", "export"],
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_trueline"))
                .args(command)
                .env("TRUELINE_DATA_DIR", person.data.path())
                .current_dir(person.data.path())
                .output()
                .unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{command:?} {told}");
            assert!(
                told.contains("learn") && told.contains("TRUELINE_DATA_DIR"),
                "{command:?} {told}"
            );
        }
    };
    here(&|file| {
        let made = Command::new("mkfifo").arg(file).status().unwrap();
        assert!(made.success());
    });
    here(&|file| std::fs::create_dir(file).unwrap());
    here(&|file| {
        let other = file.with_file_name("elsewhere");
        std::fs::write(&other, "").unwrap();
        symlink(other, file).unwrap();
    });
    here(&|file| {
        let folder = file.parent().unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        std::fs::write(folder, "").unwrap();
    });
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
        &in_days(3),
    ]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&person.decisions()), 0o600);
    // Pages and documents too, whatever was there before.
    for arguments in [
        &["--format", "html"][..],
        &["export"],
        &["shared", "s1", "--format", "json"],
        &["why", "python/injection"],
    ] {
        for before in [None, Some(0o644)] {
            let file = person.data.path().join("document");
            let _ = std::fs::remove_file(&file);
            if let Some(before) = before {
                std::fs::write(&file, "").unwrap();
                std::fs::set_permissions(&file, std::fs::Permissions::from_mode(before)).unwrap();
            }
            let output = ["--output", file.to_str().unwrap()];
            person.text(&[arguments, &output].concat());
            assert!(!std::fs::read(&file).unwrap().is_empty());
            assert_eq!(mode(&file), 0o600, "{arguments:?} {before:?}");
        }
    }
    let file = person.data.path().join("progress.json");
    let export = Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(["learn", "export", "--output", file.to_str().unwrap()])
        .env("TRUELINE_DATA_DIR", person.data.path())
        .current_dir(person.data.path())
        .output()
        .unwrap();
    assert!(export.status.success(), "{export:?}");
    assert_eq!(mode(&file), 0o600);
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
        &in_days(3),
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
    let reasons = report["practise"][0]["reasons"].as_array().unwrap();
    assert!(reasons.iter().any(|one| one["reason"] == "findings"));
    assert_eq!(
        report["abilities"],
        person.json(&[])["abilities"],
        "findings count against nobody"
    );
    std::fs::write(&file, "{}").unwrap();
    let text = person.refused(&["--findings", file.to_str().unwrap()]);
    assert!(text.contains("trueline scan --format json"), "{text}");
}
