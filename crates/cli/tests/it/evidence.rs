//! What becomes evidence of skill, and what never does: agents that were seen, fixes of one's own, teams that want none.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        // As the tools of agents name it: without links on the way.
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn run_in(&self, folder: &Path, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trueline"))
            .args(arguments)
            .current_dir(folder)
            .env("TRUELINE_DATA_DIR", self.path("data"))
            .env_remove("COLUMNS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that reads nothing has closed its end.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_in(&self.path("."), arguments, "")
    }

    fn check(&self, more: &[&str]) -> String {
        let mut arguments = vec!["learn", "check", "work"];
        arguments.extend(more);
        out(&self.run(&arguments))
    }

    /// An event of Claude Code's hook.
    fn event(&self, when: &str, tool: &str, call: &str, input: &Value) {
        let payload = json!({
            "hook_event_name": when, "tool_name": tool, "tool_use_id": call, "session_id": "s1",
            "cwd": self.path("work"), "tool_input": input,
        });
        let done = self.run_in(
            &self.path("."),
            &["hook", "run", "claude"],
            &payload.to_string(),
        );
        assert!(done.status.success(), "{done:?}");
    }

    fn agent_writes(&self, file: &str, content: &str) {
        let path = self.path("work").join(file);
        let input = json!({ "file_path": path, "content": content });
        self.event("PreToolUse", "Write", "w1", &input);
        fs::write(&path, content).unwrap();
        self.event("PostToolUse", "Write", "w1", &input);
    }

    fn attempts(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("data/learn/attempts.jsonl")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn edit(&self, comment: &str) {
        let path = self.path("work/app.py");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}# {comment}\n")).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let done = Command::new("git")
            .args([
                "-c",
                "init.defaultBranch=main",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(self.path("."))
            .output()
            .unwrap();
        assert!(done.status.success(), "{arguments:?} {done:?}");
    }

    fn repository(&self) {
        self.git(&["init", "-q"]);
        self.git(&["config", "user.email", "ann@example.org"]);
        self.git(&["config", "user.name", "Ann"]);
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "."]);
        self.git(&["commit", "-q", "-m", message]);
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// An exercise that was begun, where checks can be made; nothing where they cannot.
fn begun() -> Option<Desk> {
    let desk = Desk::new();
    let begun = desk.run(&["learn", "start", "py-sqli-search", "--dir", "work"]);
    assert!(begun.status.success(), "{begun:?}");
    let looked = desk.run(&["learn", "check", "work", "--no-record"]);
    (!err(&looked).contains("cannot isolate")).then_some(desk)
}

#[test]
fn an_agent_that_was_seen_to_write_makes_it_work_with_an_assistant_whatever_is_said() {
    let Some(desk) = begun() else { return };
    desk.edit("mine");
    desk.check(&["--aid", "unaided"]);
    let text = fs::read_to_string(desk.path("work/app.py")).unwrap();
    desk.agent_writes("app.py", &format!("{text}# the agent's\n"));
    let said = desk.check(&["--aid", "unaided"]);
    assert!(said.contains("Hooks saw claude write here"), "{said}");
    // A person's own change later on does not take the help back, nor does another folder.
    desk.edit("mine again");
    desk.check(&[]);
    fs::remove_dir_all(desk.path("work")).unwrap();
    desk.run(&["learn", "start", "py-sqli-search", "--dir", "work"]);
    desk.edit("and anew");
    desk.check(&["--aid", "unaided"]);
    let attempts = desk.attempts();
    let aids: Vec<(&str, Option<&str>)> = attempts
        .iter()
        .map(|a| (a["aid"].as_str().unwrap(), a["aid_basis"].as_str()))
        .collect();
    assert_eq!(
        aids,
        [
            ("unaided", None),
            ("assisted", Some("hook")),
            ("assisted", Some("hook")),
            ("assisted", Some("hook"))
        ],
        "what was done before stays what it was"
    );
    let skills = desk.run(&[
        "skills",
        "why",
        "directing:python/injection",
        "--now",
        "2099-01-01",
    ]);
    assert!(
        out(&skills).contains("an agent wrote in it"),
        "{}",
        out(&skills)
    );
}

#[test]
fn an_agent_that_reads_runs_or_writes_beside_it_is_a_coach() {
    let Some(desk) = begun() else { return };
    let command = json!({ "command": "trueline learn check . && cat app.py" });
    desk.event("PreToolUse", "Bash", "c1", &command);
    desk.event("PostToolUse", "Bash", "c1", &command);
    desk.event(
        "PreToolUse",
        "Read",
        "r1",
        &json!({ "file_path": desk.path("work/app.py") }),
    );
    desk.agent_writes("notes.md", "look at line 29\n");
    desk.edit("mine");
    let said = desk.check(&["--aid", "unaided"]);
    assert!(!said.contains("Hooks saw"), "{said}");
    assert_eq!(desk.attempts()[0]["aid"], "unaided");
    assert!(!desk.path("work/.trueline-agents").exists());
}

#[test]
fn a_command_of_an_agent_that_changes_a_file_is_seen_too() {
    let Some(desk) = begun() else { return };
    let command = json!({ "command": "sed -i s/name/title/ app.py" });
    desk.event("PreToolUse", "Bash", "c1", &command);
    desk.edit("by sed");
    desk.event("PostToolUse", "Bash", "c1", &command);
    desk.check(&[]);
    assert_eq!(desk.attempts()[0]["aid"], "assisted");
    let witness = fs::read_to_string(desk.path("work/.trueline-agents")).unwrap();
    assert_eq!(witness.trim(), r#"{"tool":"claude","file":"app.py"}"#);
    let left = fs::read_dir(desk.path("work")).unwrap();
    let open = left.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("agents-open")
    });
    assert_eq!(open.count(), 0);
}

const WEAK: &str = "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/search')\ndef search():\n    db = sqlite3.connect('x')\n    return db.execute('SELECT 1 FROM t WHERE n = ' + request.args['n']).fetchall()\n";

fn fixed() -> String {
    WEAK.replace(
        "n = ' + request.args['n'])",
        "n = ?', (request.args['n'],))",
    )
}

#[test]
fn a_fix_of_ones_own_counts_once_it_is_gone_and_the_tests_pass() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path("app.py"), WEAK).unwrap();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("feat: search");
    desk.git(&["checkout", "-q", "-b", "mend"]);
    let nothing = desk.run(&["learn", "fixed", "--aid", "unaided", "--", "true"]);
    assert!(
        out(&nothing).contains("nothing to write down"),
        "{nothing:?}"
    );
    fs::write(desk.path("app.py"), fixed()).unwrap();
    desk.commit("fix: a placeholder");

    let refused = desk.run(&["learn", "fixed", "--aid", "unaided"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        err(&refused).contains("if the tests still pass"),
        "{}",
        err(&refused)
    );
    let broken = desk.run(&["learn", "fixed", "--aid", "unaided", "--", "false"]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(err(&broken).contains("`false` failed"), "{}", err(&broken));
    assert!(desk.attempts().is_empty());

    let done = desk.run(&["learn", "fixed", "--aid", "unaided", "--", "true"]);
    assert!(
        out(&done).contains("app.py:10 sql-injection: fixed (by yourself)"),
        "{done:?}"
    );
    let attempt = &desk.attempts()[0];
    assert_eq!(attempt["kind"], "fix");
    assert_eq!(
        (&attempt["aid"], &attempt["class"]),
        (&json!("unaided"), &json!("injection"))
    );
    // Told twice, it counts once.
    desk.run(&["learn", "fixed", "--aid", "unaided", "--", "true"]);
    let skills = desk.run(&["skills", "--format", "json"]);
    let skills: Value = serde_json::from_slice(&skills.stdout).unwrap();
    assert_eq!(skills["evidence"]["counted"], 1, "{skills}");
    let why = out(&desk.run(&["skills", "why", "python/injection"]));
    assert!(why.contains("fixed, tests pass"), "{why}");
}

#[test]
fn neither_a_colleagues_fix_nor_a_deleted_file_says_anything_of_oneself() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path("app.py"), WEAK).unwrap();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("feat: search");
    desk.git(&["checkout", "-q", "-b", "mend"]);
    fs::write(desk.path("app.py"), fixed()).unwrap();
    desk.git(&["add", "."]);
    desk.git(&[
        "commit",
        "-q",
        "-m",
        "fix",
        "--author",
        "Bob <bob@example.org>",
    ]);
    let refused = desk.run(&["learn", "fixed", "--aid", "unaided", "--", "true"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        err(&refused).contains("the range holds 1 commit by others than"),
        "{}",
        err(&refused)
    );
    desk.git(&["checkout", "-q", "main"]);
    desk.git(&["checkout", "-q", "-b", "drop"]);
    desk.git(&["rm", "-q", "app.py"]);
    desk.git(&["commit", "-q", "-m", "drop it"]);
    let nothing = desk.run(&[
        "learn",
        "fixed",
        "main..HEAD",
        "--aid",
        "unaided",
        "--",
        "true",
    ]);
    assert!(
        out(&nothing).contains("nothing to write down"),
        "{nothing:?}"
    );
    assert!(desk.attempts().is_empty());
}

#[test]
fn a_finding_and_the_gates_comment_name_the_exercise() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    fs::write(
        desk.path("trueline.toml"),
        "schema = 1\n\n[gates]\nsevere-finding = \"block\"\n",
    )
    .unwrap();
    desk.commit("chore: a policy");
    desk.git(&["checkout", "-q", "-b", "search"]);
    fs::write(desk.path("app.py"), WEAK).unwrap();
    desk.commit("feat: search");
    let offer = "trueline learn from-finding sql-injection";
    let scan = out(&desk.run(&["scan", ".", "--quiet"]));
    assert!(scan.contains(offer), "{scan}");
    let gate = out(&desk.run(&["gate", "main..HEAD"]));
    assert!(gate.contains(offer), "{gate}");
    let comment = out(&desk.run(&["gate", "main..HEAD", "--format", "markdown"]));
    assert!(comment.contains(&format!("`{offer}`")), "{comment}");
    // Nothing to practise, nothing offered.
    fs::write(desk.path("app.py"), fixed()).unwrap();
    desk.commit("fix: a placeholder");
    for arguments in [&["scan", ".", "--quiet"][..], &["gate", "main..HEAD"]] {
        let text = out(&desk.run(arguments));
        assert!(!text.contains("Practise"), "{text}");
    }
}

/// Every way of `trueline skills` that says something about a person.
const SCORES: &[&[&str]] = &[
    &["skills"],
    &["skills", "--format", "json"],
    &["skills", "--format", "html"],
    &["skills", "why", "python/injection"],
    &["skills", "dispute", "01"],
    &["skills", "restore", "01"],
    &[
        "skills",
        "share",
        "python/injection",
        "--with",
        "bob",
        "--until",
        "2026-12-31",
    ],
    &["skills", "shared", "s1"],
];

#[test]
fn where_a_team_has_switched_individual_skills_off_nothing_says_anything_about_one_person() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path(".gitignore"), "data\nwork\n").unwrap();
    fs::create_dir_all(desk.path("data/learn")).unwrap();
    let line = json!({
        "schema": "trueline.attempt/1", "id": "01aa", "day": "2026-11-01", "kind": "attempt",
        "scenario": "py-sqli-search", "version": 1, "language": "python", "class": "injection",
        "cwe": [89], "outcome": "fixed", "hints": 0, "attempt_number": 1, "aid": "unaided",
        "seed": 1, "revealed": false, "difficulty": 0.0
    });
    fs::write(desk.path("data/learn/attempts.jsonl"), format!("{line}\n")).unwrap();
    desk.commit("chore: begin");
    assert!(desk.run(&["skills"]).status.success(), "own by default");
    desk.git(&["checkout", "-q", "-b", "off"]);
    fs::write(
        desk.path("trueline.toml"),
        "schema = 1\n\n[skills]\nindividual = \"off\"\n",
    )
    .unwrap();
    desk.commit("chore: no individual skills");
    assert!(
        desk.run(&["skills"]).status.success(),
        "a branch does not decide for those who work on it"
    );
    desk.git(&["checkout", "-q", "main"]);
    desk.git(&["merge", "-q", "--no-edit", "off"]);
    for arguments in SCORES {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?} {output:?}");
        assert!(
            err(&output).contains("individual skills are off here"),
            "{}",
            err(&output)
        );
    }
    // Nor does a branch switch it on again.
    desk.git(&["checkout", "-q", "-b", "on"]);
    fs::write(desk.path("trueline.toml"), "schema = 1\n").unwrap();
    desk.commit("chore: on again");
    assert_eq!(desk.run(&["skills"]).status.code(), Some(2));
    // What was kept before is still one's own to take along and to delete.
    let export = desk.run(&["skills", "export"]);
    let export: Value = serde_json::from_slice(&export.stdout).unwrap();
    assert_eq!(export["attempts"].as_array().unwrap().len(), 1);
    assert!(export["profile"].is_null());

    desk.run(&["learn", "start", "py-sqli-search", "--dir", "work"]);
    desk.edit("mine");
    let checked = desk.run(&["learn", "check", "work", "--aid", "unaided"]);
    if !err(&checked).contains("cannot isolate") {
        assert!(out(&checked).contains("Not written down"), "{checked:?}");
        let revealed = desk.run(&["learn", "reveal", "work"]);
        assert!(revealed.status.success(), "{revealed:?}");
    }
    desk.run_in(
        &desk.path("."),
        &["learn", "review", "--seed", "1"],
        "u\n1\n80\n",
    );
    assert_eq!(desk.attempts().len(), 1, "nothing new is kept");
    assert!(desk.run(&["skills", "delete", "--yes"]).status.success());
}

#[test]
fn evidence_past_its_time_is_folded_and_says_so() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("data/learn")).unwrap();
    let lines: Vec<String> = (0..20)
        .map(|n| {
            json!({
                "schema": "trueline.attempt/1", "id": format!("{n:02}aa"), "day": "2026-01-01",
                "kind": "attempt", "scenario": format!("py-{n}"), "version": 1, "language": "python",
                "class": "injection", "cwe": [89], "outcome": "fixed", "hints": 0,
                "attempt_number": 1, "aid": "unaided", "seed": 1, "revealed": false, "difficulty": 0.0
            })
            .to_string()
        })
        .collect();
    let write = || fs::write(desk.path("data/learn/attempts.jsonl"), lines.join("\n")).unwrap();
    write();
    assert!(out(&desk.run(&["skills", "keep", "forever"])).contains("for ever"));
    let before = out(&desk.run(&["skills"]));
    assert_eq!(desk.attempts().len(), 20, "kept for ever");
    let asked = desk.run(&["skills", "forget", "--before", "2026-02-01"]);
    assert_eq!(asked.status.code(), Some(2));
    assert!(err(&asked).contains("`--yes` does it"), "{}", err(&asked));
    let future = desk.run(&["skills", "forget", "--before", "9999-01-01", "--yes"]);
    assert_eq!(future.status.code(), Some(2), "{future:?}");
    let done = desk.run(&["skills", "forget", "--before", "2026-02-01", "--yes"]);
    assert!(
        out(&done).contains("20 records up to 2026-01-31 folded"),
        "{done:?}"
    );
    assert!(desk.attempts().is_empty());
    let after = out(&desk.run(&["skills"]));
    let stands = |text: &str| -> String {
        let line = text
            .lines()
            .find(|line| line.contains("  python/injection"));
        line.unwrap().to_owned()
    };
    assert_eq!(stands(&before), stands(&after));
    assert!(after.contains("up to 2026-01-31"), "{after}");
    let gone = desk.run(&["skills", "dispute", "03aa"]);
    assert_eq!(gone.status.code(), Some(2));
    assert!(
        err(&gone).contains("folded cannot be disputed"),
        "{}",
        err(&gone)
    );
    assert_eq!(desk.run(&["skills", "keep", "7"]).status.code(), Some(2));
}
