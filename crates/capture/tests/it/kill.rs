//! Killed at any moment: whatever is left of the queue and the ledger, the repository works, nobody
//! gets a wrong name, and what comes after is recorded.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use trueline_capture::payload::Dialect;
use trueline_capture::{Place, hook, post_commit, settle, status};

/// Without `TRUELINE_KILL_EVERY_BYTE` every so many bytes are tried, which takes a few seconds.
const STRIDE: usize = 61;

fn git(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    git(
        root,
        &["init", "--quiet", "--initial-branch=main", "--template="],
    );
    git(root, &["config", "user.name", "Ada"]);
    git(root, &["config", "user.email", "ada@example.org"]);
    fs::write(root.join("a.py"), "one\ntwo\nthree\n").unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "-m", "base"]);
    folder
}

fn claude(root: &Path, call: &str, file: &str, content: &str) {
    let payload = |event: &str| {
        json!({
            "session_id": "s", "cwd": root, "hook_event_name": event, "tool_name": "Write",
            "tool_use_id": call, "tool_input": {"file_path": root.join(file), "content": content},
        })
        .to_string()
    };
    let _ = hook::run(
        Dialect::Claude,
        payload("PreToolUse").as_bytes(),
        root,
        None,
    );
    fs::write(root.join(file), content).unwrap();
    let _ = hook::run(
        Dialect::Claude,
        payload("PostToolUse").as_bytes(),
        root,
        None,
    );
}

/// Three calls and what they leave in the queue.
fn story(root: &Path) {
    claude(root, "c1", "a.py", "one\nai 1\ntwo\nthree\n");
    let with_person = "person\none\nai 1\ntwo\nthree\n";
    fs::write(root.join("a.py"), with_person).unwrap();
    claude(root, "c2", "a.py", "person\none\nai 1\ntwo\nai 2\nthree\n");
    claude(root, "c3", "b.py", "ai 3\nai 4\n");
}

/// The lines that the note of HEAD gives to an agent.
fn noted(root: &Path) -> Vec<String> {
    let output = Command::new("git")
        .args(["notes", "--ref", "refs/notes/ai", "show"])
        .current_dir(root)
        .output()
        .unwrap();
    let note = String::from_utf8(output.stdout).unwrap();
    let mut lines = Vec::new();
    let mut content: Vec<String> = Vec::new();
    for line in note.lines().take_while(|line| *line != "---") {
        match line.strip_prefix("  s_") {
            None if line.starts_with("  ") => {}
            None => {
                let file = fs::read_to_string(root.join(line)).unwrap();
                content = file.lines().map(str::to_owned).collect();
            }
            Some(entry) => {
                for range in entry.split_once(' ').unwrap().1.split(',') {
                    let (first, last) = range.split_once('-').unwrap_or((range, range));
                    let range = first.parse::<usize>().unwrap()..=last.parse().unwrap();
                    lines.extend(range.map(|line| content[line - 1].clone()));
                }
            }
        }
    }
    lines.sort();
    lines
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn stride() -> usize {
    std::env::var_os("TRUELINE_KILL_EVERY_BYTE").map_or(STRIDE, |_| 1)
}

#[test]
fn a_queue_that_was_cut_at_any_byte_names_nobody_wrongly() {
    let repo = repository();
    story(repo.path());
    let queue = repo.path().join(".git/trueline/capture/queue");
    let whole = fs::read(&queue).unwrap();
    let mut most = Vec::new();
    for cut in (0..whole.len()).step_by(stride()).chain([whole.len()]) {
        let trial = TempDir::new().unwrap();
        copy(repo.path(), trial.path());
        let root = trial.path();
        fs::write(root.join(".git/trueline/capture/queue"), &whole[..cut]).unwrap();
        claude(root, "after", "c.py", "ai 5\n");
        git(root, &["add", "--all"]);
        git(root, &["commit", "--quiet", "-m", "work"]);
        let place = Place::around(root).unwrap();
        post_commit(&place).unwrap();
        let lines = noted(root);
        assert!(
            lines.iter().all(|line| line.starts_with("ai ")),
            "cut at {cut}: {lines:?}"
        );
        assert!(
            lines.contains(&"ai 5".to_owned()),
            "cut at {cut}: {lines:?}"
        );
        assert_eq!(status(&place).waiting, 0);
        git(root, &["fsck", "--strict"]);
        most = lines;
    }
    assert_eq!(most, ["ai 1", "ai 2", "ai 3", "ai 4", "ai 5"]);
}

#[test]
fn a_ledger_or_a_state_that_was_cut_is_passed_over() {
    let repo = repository();
    story(repo.path());
    let place = Place::around(repo.path()).unwrap();
    settle(&place).unwrap();
    let capture = repo.path().join(".git/trueline/capture");
    let whole = fs::read(capture.join("ledger")).unwrap();
    for cut in (0..whole.len()).step_by(stride()) {
        fs::write(capture.join("ledger"), &whole[..cut]).unwrap();
        settle(&place).unwrap();
    }
    // Half of what was seen is gone: no line is credited to anybody, and work goes on.
    claude(
        repo.path(),
        "c9",
        "a.py",
        "person\none\nai 1\ntwo\nai 2\nthree\nai 9\n",
    );
    for entry in fs::read_dir(capture.join("states")).unwrap().flatten() {
        fs::write(entry.path(), b"cut").unwrap();
    }
    git(repo.path(), &["add", "--all"]);
    git(repo.path(), &["commit", "--quiet", "-m", "work"]);
    post_commit(&place).unwrap();
    assert_eq!(noted(repo.path()), Vec::<String>::new());
    claude(repo.path(), "c10", "d.py", "ai 10\n");
    git(repo.path(), &["add", "--all"]);
    git(repo.path(), &["commit", "--quiet", "-m", "more"]);
    post_commit(&place).unwrap();
    assert_eq!(noted(repo.path()), ["ai 10"]);
}

#[test]
fn settling_that_was_killed_before_its_end_is_done_again() {
    let repo = repository();
    story(repo.path());
    git(repo.path(), &["add", "--all"]);
    git(repo.path(), &["commit", "--quiet", "-m", "work"]);
    let before = TempDir::new().unwrap();
    copy(
        &repo.path().join(".git/trueline"),
        &before.path().join("trueline"),
    );
    let place = Place::around(repo.path()).unwrap();
    post_commit(&place).unwrap();
    let lines = noted(repo.path());
    let notes = git(repo.path(), &["rev-parse", "refs/notes/ai"]);
    // As if the notes were written and nothing after them: queue and ledger as before, the queue set aside.
    let trueline = repo.path().join(".git/trueline");
    fs::remove_dir_all(&trueline).unwrap();
    copy(&before.path().join("trueline"), &trueline);
    fs::rename(
        trueline.join("capture/queue"),
        trueline.join("capture/queue.000000"),
    )
    .unwrap();
    post_commit(&place).unwrap();
    assert_eq!(noted(repo.path()), lines);
    assert_eq!(git(repo.path(), &["rev-parse", "refs/notes/ai"]), notes);
    assert_eq!(lines, ["ai 1", "ai 2", "ai 3", "ai 4"]);
}
