//! Interrupts: a partial answer that says so, and an end in any case.

use std::fs::File;
use std::io::{Read as _, Write};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::repository::{CLAUDE, Repository, UNSAFE_VIEW};

const EMPTY_LOG: &[u8] = br#"{"version": "2.1.0", "runs": []}"#;

/// A scan that waits for a log of another tool, and the pipe that it waits for.
fn waiting(repository: &Repository, arguments: &[&str]) -> (Child, File) {
    repository.write("app.py", UNSAFE_VIEW).commit(CLAUDE);
    let pipe = repository.path().join(".git/log");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let child = Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(["scan", "--import", ".git/log"])
        .args(arguments)
        .current_dir(repository.path())
        .env("HOME", repository.path().join("no-home"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // This opens when the other end does: then the run is where it waits.
    let pipe = File::options().write(true).open(pipe).unwrap();
    (child, pipe)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Interrupts a scan and lets it go on.
fn interrupted(repository: &Repository, arguments: &[&str]) -> Output {
    let (child, mut pipe) = waiting(repository, arguments);
    signal(&child, "INT");
    // Until the program has heard it.
    std::thread::sleep(Duration::from_millis(500));
    pipe.write_all(EMPTY_LOG).unwrap();
    drop(pipe);
    child.wait_with_output().unwrap()
}

#[test]
fn an_interrupted_scan_prints_what_it_has_and_marks_it() {
    let output = interrupted(&Repository::new(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let codes: Vec<&str> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|diagnostic| diagnostic["code"].as_str())
        .collect();
    assert!(codes.contains(&"interrupted"), "{codes:?}");
    assert!(!codes.contains(&"no-commit"), "{codes:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("a part of the answer"), "{told}");
}

#[test]
fn a_baseline_of_a_part_is_not_written() {
    let repository = Repository::new();
    let known = repository.path().join("known.json");
    std::fs::write(&known, "before").unwrap();
    let output = interrupted(
        &repository,
        &["--format", "json", "--write-baseline", "known.json"],
    );
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(std::fs::read_to_string(&known).unwrap(), "before");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("no baseline was written"), "{told}");
}

#[test]
fn an_interrupt_that_comes_when_all_is_known_takes_nothing_from_the_answer() {
    let repository = Repository::new();
    // More than a pipe holds: the run is then writing.
    let long = format!("{UNSAFE_VIEW}{}", "# a line of many\n".repeat(20_000));
    repository.write("app.py", &long).commit(CLAUDE);
    let mut child = Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(["scan", "--format", "html"])
        .current_dir(repository.path())
        .env("HOME", repository.path().join("no-home"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut page = vec![0];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut page).unwrap();
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(500));
    stdout.read_to_end(&mut page).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(page.ends_with(b"</html>\n"));
    assert!(!String::from_utf8_lossy(&page).contains("INTERRUPTED"));
}

#[test]
fn a_run_that_waits_for_what_does_not_come_ends_by_itself() {
    let repository = Repository::new();
    let (child, pipe) = waiting(&repository, &["--format", "json"]);
    let start = Instant::now();
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(output.stdout.is_empty());
    assert!(
        start.elapsed() < Duration::from_secs(25),
        "{:?}",
        start.elapsed()
    );
    drop(pipe);
}

#[test]
fn the_second_interrupt_ends_a_run_at_once() {
    let repository = Repository::new();
    let (child, pipe) = waiting(&repository, &["--format", "json"]);
    let start = Instant::now();
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(500));
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    drop(pipe);
}

#[test]
fn an_interrupted_scan_does_not_say_that_nothing_is_committed() {
    let output = interrupted(&Repository::new(), &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("the run was interrupted"), "{text}");
    assert!(!text.contains("no committed line"), "{text}");
    // Nothing is missing or damaged: it was not read.
    assert!(!text.contains("git fsck"), "{text}");
    assert!(!text.contains("no line today"), "{text}");
}
