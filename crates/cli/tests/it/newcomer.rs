//! What somebody meets on the first day with `learn` and `skills`: a narrow terminal, missing runtimes, damaged files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Somebody with a place of their own and a terminal of 80 columns.
struct Newcomer {
    folder: TempDir,
}

impl Newcomer {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_in(self.folder.path(), arguments)
    }

    fn run_in(&self, folder: &Path, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_trueline"))
            .args(arguments)
            .current_dir(folder)
            .env("TRUELINE_DATA_DIR", self.path("data"))
            .env("COLUMNS", "80")
            .output()
            .unwrap()
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?} {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is said where it cannot be done, with exit code 2.
    fn refused(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self.run_in(folder, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Writes down that the answer of an exercise was seen.
    fn saw(&self, exercise: &str) {
        let line = serde_json::json!({
            "schema": "trueline.attempt/1", "id": "00aa0000000000", "day": "2026-11-28",
            "kind": "attempt", "scenario": exercise, "version": 1,
            "language": "python", "class": "injection", "cwe": [89],
            "outcome": "exploited", "hints": 0, "attempt_number": 1, "aid": "unaided",
            "seed": 1, "revealed": true, "difficulty": 0.0
        });
        fs::create_dir_all(self.path("data/learn")).unwrap();
        fs::write(self.path("data/learn/attempts.jsonl"), format!("{line}\n")).unwrap();
    }

    /// The exercises of the tests, of which one needs what no machine has.
    fn scenarios(&self) -> String {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/tests/fixtures");
        let to = self.path("scenarios");
        copy(&fixtures, &to);
        let file = to.join("py-join-call/scenario.toml");
        let text = fs::read_to_string(&file).unwrap();
        let newer = text.replace("python = \">=3.9\"", "python = \">=99\"");
        assert_ne!(newer, text);
        fs::write(file, newer).unwrap();
        to.display().to_string()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The line of the list that tells of an exercise.
fn line<'t>(list: &'t str, exercise: &str) -> &'t str {
    list.lines()
        .find(|line| line.contains(exercise))
        .unwrap_or_else(|| panic!("{exercise} is not in\n{list}"))
}

#[test]
fn the_list_tells_how_hard_each_is_what_does_not_run_here_and_whose_answer_was_seen() {
    let ann = Newcomer::new();
    let scenarios = ann.scenarios();
    let list = ann.text(&["learn", "list", "--scenarios", &scenarios]);
    assert!(line(&list, "py-search-http").contains(" 8m **  "), "{list}");
    assert!(list.contains("* easy, ** medium, *** hard"), "{list}");
    assert!(
        line(&list, "py-join-call").trim_start().starts_with("- "),
        "{list}"
    );
    assert!(
        list.contains("- not on this machine yet: python >=99 is needed"),
        "{list}"
    );
    let json = ann.text(&[
        "learn",
        "list",
        "--scenarios",
        &scenarios,
        "--format",
        "json",
    ]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let missing: Vec<&Value> = json["exercises"]
        .as_array()
        .unwrap()
        .iter()
        .map(|exercise| &exercise["missing"])
        .filter(|missing| !missing.is_null())
        .collect();
    assert_eq!(missing.len(), 1, "{json}");

    ann.saw("py-search-http");
    let list = ann.text(&["learn", "list", "--scenarios", &scenarios]);
    assert!(list.contains("s its solution was shown"), "{list}");
    assert!(
        line(&list, "py-search-http").trim_start().starts_with("s "),
        "{list}"
    );
    assert!(!list.contains("begun"), "{list}");
}

#[test]
fn an_exercise_that_was_started_is_begun_before_its_first_check() {
    let ann = Newcomer::new();
    let before = ann.text(&["learn", "list"]);
    assert!(!before.contains("~ begun"), "{before}");
    ann.text(&["learn", "start", "py-sqli-search"]);
    let after = ann.text(&["learn", "list"]);
    assert!(
        line(&after, "py-sqli-search")
            .trim_start()
            .starts_with("~ "),
        "{after}"
    );
    assert!(after.contains("~ begun"), "{after}");
}

/// Lines that are wider than the terminal although they could be broken at a blank. Commands on lines of their own,
/// code and tables stay as they are.
fn too_wide(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.chars().count() > 80)
        .filter(|line| line.trim().contains(' '))
        .filter(|line| !line.starts_with("    ") && !line.trim_start().starts_with(['|', '+', '-']))
        .filter(|line| !line.trim_start().starts_with("trueline "))
        .collect()
}

#[test]
fn at_eighty_columns_nothing_is_wider_than_the_terminal() {
    let ann = Newcomer::new();
    for arguments in [
        &["learn"][..],
        &["learn", "list"],
        &["learn", "list", "--path", "foundations"],
        &["learn", "next"],
        &["learn", "start", "py-sqli-search"],
        &["learn", "hint", "py-sqli-search"],
        &["learn", "hint", "py-sqli-search"],
        &["learn", "hint", "py-sqli-search"],
        &["learn", "hint", "py-sqli-search"],
        &["learn", "from-finding", "sql-injection"],
        &["learn", "review", "--seed", "1"],
        &["skills"],
        &["skills", "why", "python/injection"],
        &[
            "skills",
            "share",
            "python/injection",
            "--with",
            "ana",
            "--until",
            "2026-12-31",
        ],
        &["skills", "shares"],
        &["skills", "log"],
        &["skills", "keep"],
    ] {
        // A share is of the day that it is; this one may be past on the machine that runs the test.
        let output = ann.run(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(too_wide(&text), Vec::<&str>::new(), "{arguments:?}\n{text}");
    }
}

#[test]
fn a_review_shows_code_that_is_too_wide_without_cutting_its_words() {
    let ann = Newcomer::new();
    for seed in 0..12 {
        let text = ann.text(&["learn", "review", "--seed", &seed.to_string()]);
        let words: Vec<&str> = text
            .lines()
            .filter(|line| line.chars().count() > 80)
            // A single word behind the number of its line.
            .filter(|line| line.get(6..).unwrap_or_default().trim().contains(' '))
            .collect();
        assert!(words.is_empty(), "{words:?}");
        fs::remove_dir_all(ann.path("data")).unwrap();
    }
}

#[test]
fn a_marker_that_cannot_be_read_is_told_and_no_other_exercise_is_meant() {
    let ann = Newcomer::new();
    ann.text(&["learn", "start", "py-sqli-search", "--dir", "first"]);
    ann.text(&["learn", "start", "js-xss-guestbook", "--dir", "second"]);
    let first = ann.path("first");
    let marker = first.join(".trueline-exercise");
    let good = fs::read_to_string(&marker).unwrap();
    let told = |why: &str| {
        for command in ["check", "watch", "hint", "reveal"] {
            let told = ann.refused(&first, &["learn", command]);
            assert!(told.contains(".trueline-exercise cannot be read"), "{told}");
            assert!(told.contains(why), "{told}");
            assert!(told.contains("learn start ID --dir OTHER"), "{told}");
            assert!(!told.contains("js-xss-guestbook"), "{told}");
        }
        // By its name and by its folder as well.
        for named in ["py-sqli-search", "first"] {
            let told = ann.refused(ann.folder.path(), &["learn", "hint", named]);
            assert!(told.contains("cannot be read"), "{told}");
        }
    };
    fs::write(&marker, "scenario = \n").unwrap();
    told("line 1");
    fs::write(&marker, [0xff, 0xfe]).unwrap();
    told("it is no text");
    fs::write(&marker, "").unwrap();
    told("scenario");
    fs::write(&marker, "x".repeat(100_000)).unwrap();
    told("too large");
    fs::remove_file(&marker).unwrap();
    fs::create_dir(&marker).unwrap();
    told("a folder");
    fs::remove_dir(&marker).unwrap();
    // Nothing is mended by our own scan there either, in doubt.
    fs::write(&marker, "scenario = \n").unwrap();
    let fix = ann.refused(&first, &["scan", ".", "--fix"]);
    assert!(fix.contains("cannot be read"), "{fix}");
    fs::write(&marker, good).unwrap();
    assert!(ann.run_in(&first, &["learn", "hint"]).status.success());
}

#[test]
fn a_new_scenario_makes_its_folder_of_scenarios() {
    let ann = Newcomer::new();
    for folder in ["missing/deeper", "empty"] {
        if folder == "empty" {
            fs::create_dir(ann.path(folder)).unwrap();
        }
        let text = ann.text(&["learn", "new", "py-my-idea", "--scenarios", folder]);
        assert!(text.contains("py-my-idea is"), "{text}");
        let file = ann.path(folder).join("py-my-idea/scenario.toml");
        assert!(file.is_file());
        let list = ann.text(&["learn", "list", "--scenarios", folder]);
        assert!(list.contains("py-my-idea"), "{list}");
    }
    fs::write(ann.path("file"), "").unwrap();
    let output = ann.run(&["learn", "new", "py-my-idea", "--scenarios", "file"]);
    assert!(!output.status.success(), "{output:?}");
}

/// Day from today, as the program counts.
fn in_a_month() -> String {
    use jiff::ToSpan as _;
    (jiff::Zoned::now().date() + 30.days()).to_string()
}

#[test]
fn who_is_shown_a_skill_reads_it_without_knowing_the_program() {
    let ann = Newcomer::new();
    let lines: Vec<String> = (0..40)
        .map(|n| {
            serde_json::json!({
                "schema": "trueline.attempt/1", "id": format!("{n:02}aa0000000000"), "day": "2026-11-01",
                "kind": "attempt", "scenario": format!("py-exercise-{n}"), "version": 1,
                "language": "python", "class": "injection", "cwe": [89],
                "outcome": if n % 4 == 0 { "exploited" } else { "fixed" }, "hints": 0,
                "attempt_number": 1, "aid": "unaided", "seed": 1, "revealed": false, "difficulty": 0.0
            })
            .to_string()
        })
        .collect();
    fs::create_dir_all(ann.path("data/learn")).unwrap();
    fs::write(ann.path("data/learn/attempts.jsonl"), lines.join("\n")).unwrap();
    let until = in_a_month();
    let share = [
        "skills",
        "share",
        "python/injection",
        "--with",
        "ana",
        "--until",
        &until,
    ];
    let told = ann.text(&share);
    assert!(told.contains("`trueline skills shared s1`"), "{told}");
    ann.text(&["skills", "shared", "s1", "--output", "for-ana.txt"]);
    let text = fs::read_to_string(ann.path("for-ana.txt")).unwrap();
    for part in [
        "python/injection, by yourself",
        "0             50 %        100 %",
        "--o--",
        "How to read it",
        &format!("for ana (share s1, until {until})"),
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(
        !text.contains('{') && !text.contains("py-exercise"),
        "{text}"
    );
    ann.text(&["skills", "shared", "s1", "--format", "json"]);

    let log = ann.text(&["skills", "log"]);
    let log: Vec<&str> = log.split_whitespace().collect();
    let log = log.join(" ");
    let given = jiff::Zoned::now().date();
    for part in [
        &format!("s1 ana may see python/injection, given on {given}, until {until}: open"),
        "ana: python/injection by share s1",
    ] {
        assert!(log.contains(part), "{part} is not in\n{log}");
    }
    let json = ann.text(&["skills", "log", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["shares"][0]["with"], "ana");
    assert_eq!(json["reads"].as_array().unwrap().len(), 2, "{json}");
}
