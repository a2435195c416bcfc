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
fn an_answer_that_was_checked_without_being_written_down_was_a_try() {
    let Some(desk) = begun() else { return };
    for comment in ["one", "two"] {
        desk.edit(comment);
        desk.check(&["--no-record"]);
        // The same files again are no other try.
        desk.check(&["--no-record"]);
    }
    assert!(desk.attempts().is_empty());
    desk.check(&["--aid", "unaided"]);
    desk.edit("three");
    desk.check(&["--aid", "unaided"]);
    let tries: Vec<(u64, u64)> = desk
        .attempts()
        .iter()
        .map(|a| {
            let unrecorded = a.get("unrecorded").map_or(0, |n| n.as_u64().unwrap());
            (a["attempt_number"].as_u64().unwrap(), unrecorded)
        })
        .collect();
    assert_eq!(
        tries,
        [(1, 1), (2, 1)],
        "the second was looked at and then written down"
    );
    let why = desk.run(&["skills", "why", "python/injection", "--now", "2099-01-01"]);
    let why = out(&why);
    assert!(!why.contains("first try"), "{why}");
    assert!(why.contains("left unsolved after try 3"), "{why}");
}

#[test]
fn a_review_says_whether_an_assistant_helped_and_counts_little_where_nobody_knows() {
    let desk = Desk::new();
    let here = desk.path(".");
    for aid in [&[][..], &["--aid", "unaided"], &["--aid", "assisted"]] {
        let review = [&["learn", "review", "--seed", "1"][..], aid].concat();
        let done = desk.run_in(&here, &review, "u\n1\n80\n");
        assert!(done.status.success(), "{done:?}");
        assert!(
            !out(&done).contains("Does an assistant help"),
            "nobody is there to answer"
        );
    }
    let attempts = desk.attempts();
    let aids: Vec<&str> = attempts
        .iter()
        .map(|a| a["aid"].as_str().unwrap())
        .collect();
    assert_eq!(aids, ["unknown", "unaided", "assisted"]);

    desk.repository();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("chore: begin");
    desk.git(&["checkout", "-q", "-b", "search"]);
    fs::write(desk.path("app.py"), WEAK).unwrap();
    desk.git(&["add", "."]);
    desk.git(&[
        "commit",
        "-q",
        "-m",
        "feat: search",
        "--author",
        "Bob <bob@example.org>",
    ]);
    let review = [
        "learn",
        "review",
        "--change",
        "main..HEAD",
        "--aid",
        "unaided",
    ];
    let done = desk.run_in(&here, &review, "app.py:10\n\ny\n");
    assert!(done.status.success(), "{done:?}");
    let last = desk.attempts().pop().unwrap();
    assert_eq!(
        (&last["kind"], &last["aid"]),
        (&json!("catch"), &json!("unaided"))
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
    // Told twice, it counts once, and nothing new is written down.
    desk.run(&["learn", "fixed", "--aid", "unaided", "--", "true"]);
    assert_eq!(desk.attempts().len(), 1);
    let none = desk.run(&["learn", "fixed", "--", "no-such-program-of-tests"]);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    assert!(err(&none).contains("could not be started"), "{none:?}");
    let skills = desk.run(&["skills", "--format", "json"]);
    let skills: Value = serde_json::from_slice(&skills.stdout).unwrap();
    assert_eq!(skills["evidence"]["counted"], 1, "{skills}");
    let why = out(&desk.run(&["skills", "why", "python/injection"]));
    assert!(why.contains("fixed, tests pass"), "{why}");
}

/// What `scan --fix` mends by itself.
const UNVERIFIED: &str =
    "import requests\n\n\ndef load(url):\n    return requests.get(url, verify=False, timeout=5)\n";

#[test]
fn a_fix_that_our_own_scan_made_is_no_evidence_of_whoever_commits_it() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path("app.py"), format!("# one\n{UNVERIFIED}")).unwrap();
    fs::write(desk.path("other.py"), UNVERIFIED.replace("load", "fetch")).unwrap();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("feat: load");
    desk.git(&["checkout", "-q", "-b", "mend"]);
    // A dry run writes nothing, and the other file is mended by hand.
    desk.run(&["scan", ".", "--fix", "--dry-run"]);
    let mended = UNVERIFIED
        .replace("load", "fetch")
        .replace("verify=False, ", "");
    fs::write(desk.path("other.py"), mended).unwrap();
    let fix = desk.run(&["scan", ".", "--fix"]);
    assert!(err(&fix).contains("fixed 1"), "{fix:?}");
    desk.commit("fix: certificates are checked");

    let arguments = ["learn", "fixed", "--aid", "unaided"];
    let json = desk.run(&[&arguments[..], &["--format", "json", "--", "true"]].concat());
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let told: Vec<(&str, &Value, &Value)> = json["fixed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["path"].as_str().unwrap(),
                &one["by_trueline"],
                &one["aid"],
            )
        })
        .collect();
    let wanted = [
        ("app.py", &json!(true), &Value::Null),
        ("other.py", &Value::Null, &json!("unaided")),
    ];
    assert_eq!(told, wanted, "{json}");
    let text = out(&desk.run(&[&arguments[..], &["--", "true"]].concat()));
    assert!(
        text.contains("fixed by `trueline scan --fix`, which is no evidence"),
        "{text}"
    );
    let kept: Vec<Value> = desk.attempts();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(
        kept[0]["scenario"], json["fixed"][1]["fingerprint"],
        "{kept:?}"
    );
    // Nor is the line that it wrote a place of theirs; the one that they wrote is.
    let passed = desk.run(&["learn", "passed", "--aid", "unaided", "--format", "json"]);
    let passed: Value = serde_json::from_slice(&passed.stdout).unwrap();
    let places: u64 = passed["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["places"].as_u64().unwrap())
        .sum();
    assert_eq!(places, 2, "{passed}");
    // Why it does not count is said, or who mended with `--fix` looks for their own fault.
    assert_eq!(passed["by_trueline"], 1, "{passed}");
    let text = out(&desk.run(&["learn", "passed", "--aid", "unaided"]));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("Left out: 1 line with such a place that `trueline scan --fix` wrote"),
        "{text}"
    );
}

#[test]
fn what_is_said_later_of_a_fix_amends_it() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path("app.py"), WEAK).unwrap();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("feat: search");
    desk.git(&["checkout", "-q", "-b", "mend"]);
    fs::write(desk.path("app.py"), fixed()).unwrap();
    desk.commit("fix: a placeholder");
    let first = out(&desk.run(&["learn", "fixed", "--", "true"]));
    assert!(first.contains("--aid unaided or assisted"), "{first}");
    let said = out(&desk.run(&["learn", "fixed", "--aid", "assisted", "--", "true"]));
    assert!(said.contains("fixed (with an assistant)"), "{said}");
    // Silence is no word: what was said before stays.
    let silent = out(&desk.run(&["learn", "fixed", "--", "true"]));
    assert!(silent.contains("fixed (with an assistant)"), "{silent}");
    let lines = desk.attempts();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["id"], lines[1]["id"], "one fix, said anew");
    let skills = desk.run(&["skills", "--format", "json"]);
    let skills: Value = serde_json::from_slice(&skills.stdout).unwrap();
    assert_eq!(skills["evidence"]["counted"], 1, "{skills}");
    assert_eq!(skills["evidence"]["set_aside"], json!([]), "{skills}");
    assert_eq!(skills["abilities"][0]["ability"], "directing", "{skills}");
}

/// Three queries that are safe.
const SAFE: &str = "import sqlite3\n\n\ndef read(name):\n    db = sqlite3.connect('x')\n    db.execute('SELECT 1 FROM a WHERE n = ?', (name,))\n    db.execute('SELECT 1 FROM b WHERE n = ?', (name,))\n    db.execute('SELECT 1 FROM c WHERE n = ?', (name,))\n";

fn sites(lines: &[Value]) -> u64 {
    let injection = |line: &&Value| line["kind"] == "change" && line["class"] == "injection";
    let latest = |line: &&Value| {
        let same = lines.iter().rev().find(|other| other["id"] == line["id"]);
        same.is_some_and(|other| std::ptr::eq(other, *line))
    };
    let counting = lines.iter().filter(injection).filter(latest);
    counting.map(|line| line["sites"].as_u64().unwrap()).sum()
}

#[test]
fn lines_that_the_gate_lets_through_count_by_their_places_and_only_what_is_called_right_against_one()
 {
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
    fs::write(desk.path("safe.py"), SAFE).unwrap();
    fs::write(desk.path("test_safe.py"), SAFE).unwrap();
    desk.commit("feat: read");
    fs::write(desk.path("app.py"), WEAK).unwrap();
    desk.commit("feat: search");

    let blocked = desk.run(&["learn", "passed", "--aid", "unaided"]);
    assert_eq!(blocked.status.code(), Some(1), "{blocked:?}");
    assert!(
        out(&blocked).contains("The gate does not let this change through yet"),
        "{blocked:?}"
    );
    assert!(desk.attempts().is_empty());
    let scan = desk.run(&["scan", ".", "--format", "json", "--quiet"]);
    let scan: Value = serde_json::from_slice(&scan.stdout).unwrap();
    let fingerprint = scan["findings"][0]["fingerprint"].as_str().unwrap();
    let wrong_name = desk.run(&["learn", "passed", "--right", "0000000000"]);
    assert_eq!(wrong_name.status.code(), Some(2), "{wrong_name:?}");
    let right = desk.run(&[
        "learn",
        "passed",
        "--aid",
        "unaided",
        "--right",
        &fingerprint[..8],
    ]);
    assert!(
        out(&right).contains("app.py:10 sql-injection: right, you say"),
        "{right:?}"
    );
    let lines = desk.attempts();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(
        (&lines[0]["kind"], &lines[0]["outcome"], &lines[0]["class"]),
        (&json!("finding"), &json!("right"), &json!("injection"))
    );

    fs::write(desk.path("app.py"), fixed()).unwrap();
    desk.commit("fix: a placeholder");
    let passed = desk.run(&["learn", "passed", "--aid", "unaided"]);
    assert!(passed.status.success(), "{passed:?}");
    assert!(
        out(&passed)
            .contains("python/injection: 4 places that could have gone wrong (by yourself)"),
        "{passed:?}"
    );
    // Two commits have such lines; those of the test are none.
    assert_eq!(sites(&desk.attempts()), 4, "{:?}", desk.attempts());
    let count = desk.attempts().len();
    desk.run(&["learn", "passed", "--aid", "unaided"]);
    assert_eq!(desk.attempts().len(), count, "the same again says nothing");
    let why = out(&desk.run(&["skills", "why", "python/injection"]));
    assert!(why.contains("right, on lines of your own"), "{why}");
    assert!(why.contains("exposed sites, none known"), "{why}");
    // A rebase makes other commits of the same work.
    desk.git(&["checkout", "-q", "main"]);
    fs::write(desk.path("other.txt"), "x\n").unwrap();
    desk.commit("chore: other");
    desk.git(&["checkout", "-q", "search"]);
    desk.git(&["rebase", "-q", "main"]);
    desk.run(&["learn", "passed", "--aid", "unaided"]);
    assert_eq!(desk.attempts().len(), count, "{:?}", desk.attempts());
}

#[test]
fn lines_of_an_agent_are_no_skill_of_ones_own_whatever_is_said() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("chore: begin");
    desk.git(&["checkout", "-q", "-b", "search"]);
    fs::write(desk.path("safe.py"), SAFE).unwrap();
    desk.commit("feat: read\n\nCo-Authored-By: Claude <noreply@anthropic.com>");
    let passed = out(&desk.run(&["learn", "passed", "main..HEAD", "--aid", "unaided"]));
    assert!(
        passed
            .contains("python/injection: 3 places that could have gone wrong (with an assistant)"),
        "{passed}"
    );
    let skills = desk.run(&["skills", "--format", "json"]);
    let skills: Value = serde_json::from_slice(&skills.stdout).unwrap();
    let abilities = skills["abilities"].as_array().unwrap();
    assert_eq!(abilities.len(), 1, "{skills}");
    assert_eq!(abilities[0]["ability"], "directing");
}

#[test]
fn a_place_of_which_a_finding_speaks_waits_for_its_authors_word() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("chore: begin");
    desk.git(&["checkout", "-q", "-b", "search"]);
    fs::write(desk.path("app.py"), format!("{WEAK}\n\ndef more(db, n):\n    return sqlite3.connect('x').execute('SELECT ?', (n,))\n")).unwrap();
    desk.commit("feat: search");
    let open = desk.run(&["learn", "passed", "main..HEAD"]);
    assert!(open.status.success(), "{open:?}");
    let text = out(&open);
    assert!(
        text.contains("app.py:10 sql-injection waits for your word, and python/injection with it"),
        "{text}"
    );
    assert_eq!(sites(&desk.attempts()), 1, "{text}");
    let injection = || {
        let skills = desk.run(&["skills", "--format", "json"]);
        let skills: Value = serde_json::from_slice(&skills.stdout).unwrap();
        let cells = skills["abilities"][0]["cells"].as_array().unwrap().clone();
        let found = cells.into_iter().find(|c| c["cell"] == "python/injection");
        found.map_or(0, |cell| cell["rows"].as_u64().unwrap())
    };
    assert_eq!(injection(), 0, "silence does not help");
    let document = desk.run(&["learn", "passed", "main..HEAD", "--format", "json"]);
    let document: Value = serde_json::from_slice(&document.stdout).unwrap();
    assert_eq!(document["schema"], "trueline.learn-passed/1");
    assert_eq!(
        (&document["passed"], &document["places"][0]["places"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(document["waiting"][0]["rule"], "sql-injection");
    let name = text.split("--wrong ").nth(1).unwrap().trim();
    let name = name.split_whitespace().next().unwrap();
    desk.run(&["learn", "passed", "main..HEAD", "--wrong", name]);
    assert_eq!(sites(&desk.attempts()), 2, "a false alarm is a safe place");
    assert_eq!(injection(), 1);
    desk.run(&["learn", "passed", "main..HEAD", "--right", name]);
    assert_eq!(sites(&desk.attempts()), 1);
    assert_eq!(injection(), 2);
    let ledger = fs::read_to_string(desk.path("data/learn/attempts.jsonl")).unwrap();
    assert!(
        !ledger.contains("app.py") && !ledger.contains("ann@"),
        "{ledger}"
    );

    desk.git(&[
        "commit",
        "-q",
        "--amend",
        "--no-edit",
        "--author",
        "Bob <bob@example.org>",
    ]);
    let others = desk.run(&["learn", "passed", "main..HEAD"]);
    assert_eq!(others.status.code(), Some(2), "{others:?}");
    assert!(err(&others).contains("by others than"), "{others:?}");
}

#[test]
fn a_change_of_others_is_reviewed_before_our_scan_speaks_and_counts_once() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("chore: begin");
    desk.git(&["checkout", "-q", "-b", "search"]);
    fs::write(desk.path("app.py"), WEAK).unwrap();
    desk.commit("feat: search");
    let review = ["learn", "review", "--change", "main..HEAD"];
    let own = desk.run(&review);
    assert_eq!(own.status.code(), Some(2), "{own:?}");
    assert!(err(&own).contains("of your own"), "{own:?}");

    desk.git(&[
        "commit",
        "-q",
        "--amend",
        "--no-edit",
        "--author",
        "Bob <bob@example.org>",
    ]);
    let here = desk.path(".");
    let nothing = desk.run_in(&here, &review, "");
    assert!(
        out(&nothing).contains("nothing was written down"),
        "{nothing:?}"
    );
    // Nor is half of an answer one: nothing was shown yet.
    for half in ["app.py:2\n", "app.py:2\nq\n"] {
        let left = out(&desk.run_in(&here, &review, half));
        assert!(left.contains("nothing was written down"), "{left}");
        assert!(!left.contains("you did not name it"), "{left}");
    }
    assert!(desk.attempts().is_empty());
    let missed = desk.run_in(&here, &review, "app.py:2\napp.py:99\n\ny\n");
    let text = out(&missed);
    let shown = text.find("    10 +    return db.execute").unwrap();
    let asked = text.find("Which line is unsafe").unwrap();
    let told = text
        .find("app.py:10 sql-injection: you did not name it")
        .unwrap();
    assert!(shown < asked && asked < told, "{text}");
    assert!(
        text.contains("That is no line that the change adds"),
        "{text}"
    );
    assert!(text.contains("python/injection: 0 of 1 caught"), "{text}");
    let again = out(&desk.run_in(&here, &review, "app.py:9\n\ny\n"));
    assert!(
        again.contains("you named it") && again.contains("that you reviewed before"),
        "{again}"
    );
    let lines = desk.attempts();
    // That it was looked at, and what came of it: one attempt.
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["id"], lines[1]["id"]);
    assert_eq!(lines[0]["caught"]["of"], 0);
    assert_eq!(
        lines[1]["caught"],
        json!({"named": 0, "of": 1, "by_chance": 40})
    );
    let text = lines[1].to_string();
    assert!(!text.contains("bob") && !text.contains("app.py"), "{text}");
    let why = out(&desk.run(&["skills", "why", "reviewing:python/injection"]));
    assert!(why.contains("0 of 1 weaknesses caught"), "{why}");
}

#[test]
fn who_has_seen_the_findings_of_a_change_or_names_all_of_it_catches_nothing() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("chore: begin");
    desk.git(&["checkout", "-q", "-b", "search"]);
    for (file, subject) in [("app.py", "feat: search"), ("shop.py", "feat: shop")] {
        fs::write(desk.path(file), WEAK).unwrap();
        desk.git(&["add", "."]);
        let author = ["--author", "Bob <bob@example.org>"];
        desk.git(&["commit", "-q", "-m", subject, author[0], author[1]]);
    }
    let here = desk.path(".");
    let review = |range: &str, said: &str| {
        out(&desk.run_in(&here, &["learn", "review", "--change", range], said))
    };
    // Agreeing with nothing shows what there is.
    let peeked = review("main..HEAD~1", "1\n\n\n");
    assert!(peeked.contains("You have seen them"), "{peeked}");
    let whole: Vec<String> = (1..=10).map(|line| format!("shop.py:{line}\n")).collect();
    let all = review("HEAD~1..HEAD", &format!("{}\ny\n", whole.concat()));
    assert!(all.contains("right by chance"), "{all}");
    let half = review("main..HEAD", "app.py:10\nshop.py:10\n\ny\n");
    assert!(
        half.contains("You left half-way: none of it counts"),
        "{half}"
    );
    let both = review("main..HEAD", "app.py:10\nshop.py:10\n\ny\ny\n");
    assert!(both.contains("2 of 2 caught"), "{both}");
    assert!(both.contains("that you reviewed before"), "{both}");
    let profile = out(&desk.run(&["skills", "--format", "json"]));
    assert!(!profile.contains("reviewing"), "{profile}");
}

#[test]
fn what_the_caller_can_mend_ends_with_two() {
    let desk = Desk::new();
    desk.repository();
    for arguments in [
        &["threats", ".", "--now", "2026-13-01"][..],
        &["skills", "--findings", "none.json"],
        &["skills", "--findings", "."],
        &["learn", "next", "--findings", "none.json"],
        &[
            "learn",
            "from-finding",
            "sql-injection",
            "--findings",
            "none.json",
        ],
        &["learn", "watch", "--format", "exercism"],
        &["forge", "comment", "none.md"],
        &["forge", "trend", "none"],
        &[
            "forge",
            "find-comment",
            "none.json",
            "--marker",
            "x",
            "--author",
            "y",
        ],
        &["gate", "--now", "x"],
    ] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?} {output:?}");
        assert!(err(&output).starts_with("trueline: "), "{output:?}");
    }
}

#[test]
fn a_finding_that_is_not_shown_is_no_fix_when_it_is_gone() {
    let desk = Desk::new();
    desk.repository();
    let weak =
        "import hashlib\n\n\ndef key(text):\n    return hashlib.md5(text.encode()).hexdigest()\n";
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    fs::write(desk.path("keys.py"), weak).unwrap();
    fs::write(desk.path("app.py"), WEAK).unwrap();
    desk.commit("feat: keys and a search");
    // What the test says holds only while this is so.
    let all = out(&desk.run(&["scan", ".", "--all", "--format", "json"]));
    let shown = out(&desk.run(&["scan", ".", "--format", "json"]));
    assert!(
        all.contains("keys.py") && !shown.contains("\"keys.py\""),
        "{all}"
    );
    desk.git(&["checkout", "-q", "-b", "mend"]);
    fs::write(desk.path("keys.py"), weak.replace("md5", "sha256")).unwrap();
    desk.commit("fix: a better hash");
    let fixed = |more: &[&str]| {
        let arguments = [
            &["learn", "fixed", "main..HEAD", "--aid", "unaided"][..],
            more,
        ]
        .concat();
        let done = desk.run(&[&arguments[..], &["--", "echo", "tests"]].concat());
        assert!(done.status.success(), "{done:?}");
        done
    };
    let text = out(&fixed(&[]));
    assert!(text.contains("nothing to write down"), "{text}");
    assert!(
        text.contains("Gone of what only `--all` shows: 1 finding."),
        "{text}"
    );
    assert!(desk.attempts().is_empty());
    fs::write(desk.path("app.py"), self::fixed()).unwrap();
    desk.commit("fix: a placeholder");
    let done = fixed(&["--format", "json"]);
    assert!(
        err(&done).contains("tests"),
        "what the tests print: {done:?}"
    );
    let document: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(document["schema"], "trueline.learn-fixed/1");
    assert_eq!(
        (&document["unsure"], &document["recorded"]),
        (&json!(1), &json!(true))
    );
    let gone = document["fixed"].as_array().unwrap();
    assert_eq!(gone.len(), 1, "{document}");
    assert_eq!(
        (&gone[0]["path"], &gone[0]["aid"]),
        (&json!("app.py"), &json!("unaided"))
    );
    assert_eq!(desk.attempts().len(), 1);
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
    let offer = "trueline learn start py-sqli-search";
    let scan = out(&desk.run(&["scan", "."]));
    assert!(scan.contains(offer), "{scan}");
    let gate = out(&desk.run(&["gate", "main..HEAD"]));
    assert!(gate.contains(offer), "{gate}");
    let comment = out(&desk.run(&["gate", "main..HEAD", "--format", "markdown"]));
    assert!(comment.contains(&format!("`{offer}`")), "{comment}");
    // Nothing to practise, nothing offered.
    fs::write(desk.path("app.py"), fixed()).unwrap();
    desk.commit("fix: a placeholder");
    for arguments in [&["scan", "."][..], &["gate", "main..HEAD"]] {
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
    for hint in ["Hint 1 of", "Hint 2 of"] {
        let shown = out(&desk.run(&["learn", "hint", "work"]));
        assert!(shown.contains(hint), "{shown}");
    }
    // What is left of it: where it lies, and which hint is next.
    let state = fs::read(desk.path("data/learn/exercises/py-sqli-search.json")).unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    let mut members: Vec<&str> = state
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    members.sort_unstable();
    assert_eq!(
        members,
        ["folder", "hints", "order", "scenario", "version"],
        "{state}"
    );
    desk.run_in(
        &desk.path("."),
        &["learn", "review", "--seed", "1"],
        "u\n1\n80\n",
    );
    fs::write(desk.path("safe.py"), SAFE).unwrap();
    desk.commit("feat: read");
    let passed = desk.run(&["learn", "passed", "main..HEAD", "--aid", "unaided"]);
    assert!(out(&passed).contains("Not written down"), "{passed:?}");
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

#[test]
fn what_a_program_wrote_is_folded_in_a_review_of_a_change() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("chore: begin");
    desk.git(&["checkout", "-q", "-b", "search"]);
    fs::write(desk.path("notes.py"), "a = 1\n").unwrap();
    let lock = "    \"x\": 1,\n".repeat(900);
    let lock = format!("{{\n{lock}    \"y\": 2\n}}\n");
    fs::write(desk.path("package-lock.json"), lock).unwrap();
    desk.git(&["add", "."]);
    let author = "Bob <bob@example.org>";
    desk.git(&["commit", "-q", "-m", "feat: notes", "--author", author]);
    let review = ["learn", "review", "--change", "main..HEAD"];
    let text = out(&desk.run_in(&desk.path("."), &review, "\n"));
    assert!(text.contains("     1 +a = 1"), "{text}");
    assert!(
        text.contains("package-lock.json: 903 lines, folded"),
        "{text}"
    );
    assert!(text.lines().count() < 60, "{text}");
    // Nothing was named, and nothing is said of what was.
    assert!(text.contains("You named nothing either"), "{text}");
    assert!(!text.contains("what you named"), "{text}");
}

#[test]
fn quiet_scans_say_what_they_found_and_nothing_else() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path("app.py"), WEAK).unwrap();
    fs::write(desk.path(".gitignore"), "data\n").unwrap();
    desk.commit("feat: search");
    let quiet = out(&desk.run(&["scan", ".", "--quiet"]));
    assert!(quiet.contains("critical[sql-injection]"), "{quiet}");
    for more in ["Evidence", "Practise it", "Weaknesses per"] {
        assert!(!quiet.contains(more), "{quiet}");
    }
    let loud = out(&desk.run(&["scan", "."]));
    assert!(
        loud.contains("Evidence") && loud.contains("Practise it"),
        "{loud}"
    );
}

#[test]
fn a_rule_of_which_a_document_holds_no_finding_is_said_to_be_meant_by_itself() {
    let desk = Desk::new();
    desk.repository();
    fs::write(desk.path("app.py"), "a = 1\n").unwrap();
    desk.commit("feat: begin");
    let scan = ["scan", ".", "--format", "json", "--output", "scan.json"];
    desk.run(&scan);
    let from = [
        "learn",
        "from-finding",
        "sql-injection",
        "--findings",
        "scan.json",
    ];
    let told = out(&desk.run(&from));
    assert!(
        told.starts_with(
            "scan.json holds no finding of `sql-injection`; this is for the rule itself."
        ),
        "{told}"
    );
}

#[test]
fn skills_and_next_recommend_the_same() {
    let desk = Desk::new();
    for solved in ["py-missing-auth", "py-admin-role"] {
        let line = json!({
            "schema": "trueline.attempt/1", "id": format!("{solved}-0000000000"), "day": "2026-11-29",
            "kind": "attempt", "scenario": solved, "version": 1, "language": "python",
            "class": "access-control", "cwe": [862], "outcome": "fixed", "hints": 0,
            "attempt_number": 1, "aid": "unaided", "trigger": "check", "seed": 1, "sure": null,
            "revealed": false, "difficulty": 0.0, "practice": false,
        });
        fs::create_dir_all(desk.path("data/learn")).unwrap();
        let file = desk.path("data/learn/attempts.jsonl");
        let before = fs::read_to_string(&file).unwrap_or_default();
        fs::write(file, format!("{before}{line}\n")).unwrap();
        let now = ["--now", "2026-11-30"];
        let json = |arguments: &[&str]| -> Value {
            let all = [arguments, &now[..], &["--format", "json"]].concat();
            serde_json::from_slice(&desk.run(&all).stdout).unwrap()
        };
        let skills = json(&["skills"]);
        let next = out(&desk.run(&["learn", "--now", "2026-11-30", "next", "--format", "json"]));
        let next: Value = serde_json::from_str(&next).unwrap();
        assert_eq!(
            skills["practise"][0]["exercise"], next["exercise"]["id"],
            "{skills:#} {next:#}"
        );
        // Of a language that was never used nothing comes before one that was.
        let cells = skills["practise"].as_array().unwrap().iter();
        let languages: Vec<bool> = cells
            .map(|one| one["cell"].as_str().unwrap().starts_with("python/"))
            .collect();
        assert!(languages.is_sorted_by(|a, b| a >= b), "{skills:#}");
        let text = out(&desk.run(&["skills", "--now", "2026-11-30"]));
        assert!(!text.contains("too little tried here to say"), "{text}");
        assert!(text.contains("a guess until more is tried"), "{text}");
    }
}
