//! From what was found to an exercise: what another tool found leads there as well.

use serde_json::json;

use crate::repository::{Repository, Run, SAFE_VIEW};

/// A log of another tool: one result, at the line that [`changed`] adds to `src/app.py`.
fn log(repository: &Repository, rule: &str, cwe: &[&str]) -> String {
    let document = json!({
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "Bandit", "rules": [{
                "id": rule,
                "properties": { "tags": cwe, "security-severity": "9.1" },
            }] } },
            "results": [{
                "ruleId": rule,
                "level": "error",
                "message": { "text": "Possible SQL injection." },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": "src/app.py" },
                    "region": { "startLine": SAFE_VIEW.lines().count() + 1 },
                } }],
            }],
        }],
    });
    repository.write(".git/other.sarif", document.to_string());
    ".git/other.sarif".to_owned()
}

/// With a place of its own for what is kept of a person.
fn learn(repository: &Repository, arguments: &[&str]) -> Run {
    let data = repository.path().join(".git/data");
    repository.trueline_with(arguments, &[("TRUELINE_DATA_DIR", data.to_str().unwrap())])
}

fn changed() -> Repository {
    let repository = Repository::new();
    repository
        .write("trueline.toml", "[gates]\nsevere-finding = \"block\"\n")
        .write("src/app.py", SAFE_VIEW)
        .commit("begin");
    repository.git(&["switch", "--quiet", "--create", "work"]);
    repository
        .write("src/app.py", format!("{SAFE_VIEW}# one more line\n"))
        .commit("feat: a line");
    repository
}

#[test]
fn what_another_tool_found_leads_to_an_exercise_of_its_weakness() {
    let repository = changed();
    let log = log(&repository, "B608", &["external/cwe/cwe-89"]);
    let begins = "trueline learn start py-sqli-search (\"";
    for format in ["terminal", "markdown"] {
        let gate =
            repository.trueline(&["gate", "main..HEAD", "--import", &log, "--format", format]);
        let told = gate.stdout().replace('`', "").replace("&#96;", "");
        assert_eq!(gate.code(), 1, "{told}");
        assert!(told.contains(begins), "{told}");
        // Our pages tell nothing of a rule of others.
        assert!(!told.contains("rules explain"), "{told}");
        assert!(told.contains("See what Bandit says about B608"), "{told}");
    }
    let scan = repository.trueline(&["scan", ".", "--import", &log]);
    assert!(scan.stdout().contains(begins), "{}", scan.stdout());
    let found = learn(
        &repository,
        &["learn", "from-finding", "B608", "--import", &log],
    );
    assert_eq!(found.code(), 0, "{}", found.stderr());
    assert!(
        found.stdout().contains("it is about CWE-89 in python"),
        "{}",
        found.stdout()
    );
}

#[test]
fn a_rule_that_no_exercise_is_about_sends_nobody_to_a_page_that_is_not_there() {
    let repository = changed();
    let log = log(&repository, "X1", &[]);
    let gate = repository.trueline(&["gate", "main..HEAD", "--import", &log]);
    assert!(!gate.stdout().contains("Practise"), "{}", gate.stdout());
    let found = learn(
        &repository,
        &["learn", "from-finding", "X1", "--import", &log],
    );
    assert_eq!(found.code(), 2);
    assert!(
        found.stderr().contains("no exercise is about `X1` yet"),
        "{}",
        found.stderr()
    );
    assert!(
        !found.stderr().contains("rules explain"),
        "{}",
        found.stderr()
    );
    // Without the log it says how to give it.
    let british = learn(
        &repository,
        &["learn", "from-finding", "unsafe-deserialisation"],
    );
    let meant = "did you mean `unsafe-deserialization`?";
    assert!(british.stderr().contains(meant), "{}", british.stderr());
    for (said, meant) in [("js", "javascript"), ("golang", "go"), ("pyhton", "python")] {
        let listed = learn(&repository, &["learn", "list", "--language", said]);
        let hint = format!("did you mean `{meant}`?");
        assert!(listed.stderr().contains(&hint), "{}", listed.stderr());
    }
    let unknown = learn(&repository, &["learn", "from-finding", "X1"]);
    assert_eq!(unknown.code(), 2);
    assert!(
        unknown.stderr().contains("--import LOG.sarif"),
        "{}",
        unknown.stderr()
    );
}

/// Two places where a query could have gone wrong.
const QUERIES: &str = "import sqlite3\n\n\ndef read(name):\n    db = sqlite3.connect('x')\n    db.execute('SELECT 1 FROM a WHERE n = ?', (name,))\n    db.execute('SELECT 1 FROM b WHERE n = ?', (name,))\n";

#[test]
fn what_of_an_assistants_lines_was_accepted_as_written_is_told_to_its_reader_alone() {
    let repository = Repository::new();
    repository.write("README.md", "shop\n").commit("begin");
    repository.git(&["switch", "--quiet", "--create", "work"]);
    repository
        .write("kept.py", QUERIES)
        .write("edited.py", QUERIES)
        .commit("feat: queries");
    // As an agent's hook leaves it: of one file a person changed some of what the agent wrote.
    let prompt = |edited: u32| {
        json!({
            "agent_id": { "tool": "claude", "id": "s1", "model": "unknown" },
            "total_additions": 7, "total_deletions": 0, "accepted_lines": 7,
            "overriden_lines": edited,
        })
    };
    let metadata = json!({
        "schema_version": "authorship/3.0.0", "base_commit_sha": "",
        "prompts": { "0123456789abcdef": prompt(0), "fedcba9876543210": prompt(2) },
    });
    let note = format!(
        "edited.py\n  fedcba9876543210 1-7\nkept.py\n  0123456789abcdef 1-7\n---\n{metadata}"
    );
    repository.git(&["notes", "--ref=refs/notes/ai", "add", "-m", &note]);
    let passed = learn(&repository, &["learn", "passed", "main..HEAD"]);
    assert_eq!(passed.code(), 0, "{}", passed.stderr());
    assert!(
        passed.stdout().contains(
            "Of 4 lines of an assistant where something could have gone wrong you accepted 2 as written."
        ),
        "{}",
        passed.stdout()
    );
    let profile = learn(&repository, &["skills", "--format", "json"]).json();
    let reliance = &profile["reliance"][0];
    assert_eq!(reliance["class"], "injection");
    assert_eq!(
        (&reliance["ai_lines"], &reliance["as_written"]),
        (&json!(4), &json!(2))
    );
    for (format, cell) in [
        ("terminal", "2 of 4"),
        ("html", "<td class=\"n\">2 of 4</td>"),
    ] {
        let shown = learn(&repository, &["skills", "--format", format]).stdout();
        assert!(shown.contains(cell), "{shown}");
    }
}

#[test]
fn where_everything_is_solved_what_is_due_is_proposed_again_and_said_to_move_the_date_alone() {
    let repository = Repository::plain();
    let data = repository.path().join(".git/data");
    let all = learn(&repository, &["learn", "list", "--format", "json"]).json();
    let exercises = all["exercises"].as_array().unwrap().iter();
    let solved = exercises.enumerate().map(|(number, one)| {
        let attempt = json!({
            "schema": "trueline.attempt/1", "id": format!("{number:016x}"), "day": "2026-06-01",
            "kind": "attempt", "scenario": one["id"], "version": one["version"],
            "language": one["language"], "class": one["class"], "cwe": one["cwe"],
            "outcome": "fixed", "hints": 0, "attempt_number": 1, "aid": "unaided", "seed": 7,
            "sure": null, "revealed": false, "difficulty": one["difficulty"], "practice": false,
        });
        format!("{attempt}\n")
    });
    let ledger: String = solved.collect();
    std::fs::create_dir_all(data.join("learn")).unwrap();
    std::fs::write(data.join("learn/attempts.jsonl"), ledger).unwrap();
    let next = |day: &str| {
        let run = learn(&repository, &["learn", "next", "--now", day]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        run.stdout()
    };
    let fresh = next("2026-06-01");
    assert!(fresh.contains("Nothing is left to do here"), "{fresh}");
    let due = next("2026-11-30");
    assert!(due.contains("due since 2026-"), "{due}");
    assert!(
        due.contains("moves the day on which it is due next and nothing else"),
        "{due}"
    );
    assert!(due.contains("trueline learn start "), "{due}");
}

#[test]
fn errors_say_what_is_wrong_and_not_which_other_command_thought_so() {
    let repository = Repository::plain();
    for arguments in [
        &["learn", "fixed", "--", "true"][..],
        &["learn", "passed"],
        &["learn", "review", "--change", "main"],
    ] {
        let run = learn(&repository, arguments);
        assert_eq!(run.code(), 2, "{arguments:?}");
        let told = run.stderr();
        assert!(told.contains("no git repository here"), "{told}");
        assert!(!told.contains("gate"), "{told}");
    }
    let run = learn(&repository, &["learn", "list", "--path", "nopath"]);
    assert_eq!(run.code(), 2, "{}", run.stdout());
    assert!(
        run.stderr().contains("paths are foundations"),
        "{}",
        run.stderr()
    );
    let run = learn(&repository, &["learn", "new", "no-prefix"]);
    assert_eq!(run.code(), 2, "{}", run.stdout());
    assert!(
        run.stderr().contains("begins with py-, js-"),
        "{}",
        run.stderr()
    );
}
