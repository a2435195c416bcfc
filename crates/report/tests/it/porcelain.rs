//! The porcelain format against the program that defines it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bstr::ByteSlice as _;
use trueline_facts::blame::{self, BlameReport, BlameRun};
use trueline_facts::{CommitId, Origin, Person, Pseudonym, RepoPath, Timestamp};
use trueline_report::porcelain::{PorcelainCommit, Signature, line_porcelain};

const TIME: i64 = 1_769_335_200;

fn git(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    let out = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.org")
        .env("GIT_AUTHOR_DATE", format!("{TIME} -0330"))
        .env("GIT_COMMITTER_NAME", "Forge")
        .env("GIT_COMMITTER_EMAIL", "forge@example.org")
        .env("GIT_COMMITTER_DATE", format!("{TIME} +0545"))
        .output()
        .unwrap_or_else(|error| panic!("git must be there for tests: {error}"));
    assert!(
        out.status.success(),
        "git {arguments:?}: {}",
        out.stderr.as_bstr()
    );
    out.stdout
}

fn head(directory: &Path) -> CommitId {
    let id = git(directory, &["rev-parse", "HEAD"]);
    CommitId::new(id.trim().to_str_lossy().into_owned())
}

#[test]
fn without_the_origin_headers_it_is_what_git_writes() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(at.join("caf\u{e9}.txt"), "one\ntwo\nthree\n").unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "--quiet", "-m", "first: three lines"]);
    let first = head(at);
    git(at, &["mv", "caf\u{e9}.txt", "new name.txt"]);
    std::fs::write(at.join("new name.txt"), "one\n\tnew\r\ntwo\nthree\nlast").unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "--quiet", "-m", "second: more"]);
    let second = head(at);

    let old = RepoPath::from("caf\u{e9}.txt");
    let new = RepoPath::from("new name.txt");
    let run = |start, len, commit: &CommitId, path: &RepoPath, original_start, boundary| BlameRun {
        start,
        len,
        commit: commit.clone(),
        boundary,
        original_path: path.clone(),
        original_start,
        person: Person {
            pseudonym: Pseudonym::derive("root", "ada@example.org"),
            name: None,
        },
        time: Timestamp(TIME),
        summary: String::new(),
        origin: Origin::unknown(),
    };
    let report = BlameReport {
        schema: blame::SCHEMA.into(),
        path: new.clone(),
        head: second.clone(),
        runs: vec![
            run(1, 1, &first, &old, 1, true),
            run(2, 1, &second, &new, 2, false),
            // One group for git: the two runs differ only in what we know of their origin.
            run(3, 1, &first, &old, 2, true),
            run(4, 1, &first, &old, 3, true),
            run(5, 1, &second, &new, 5, false),
        ],
        diagnostics: Vec::new(),
    };
    let signature = |name: &str, email: &str, offset_minutes| Signature {
        name: name.into(),
        email: email.into(),
        time: Timestamp(TIME),
        offset_minutes,
    };
    let commit = |summary: &str, previous| PorcelainCommit {
        author: signature("Ada", "ada@example.org", -210),
        committer: signature("Forge", "forge@example.org", 345),
        summary: summary.into(),
        root: false,
        previous: BTreeMap::from_iter(previous),
    };
    let commits = BTreeMap::from([
        (first.clone(), commit("first: three lines", None)),
        (
            second.clone(),
            commit("second: more", Some((new.clone(), (first, old)))),
        ),
    ]);
    let lines: [&[u8]; 5] = [b"one", b"\tnew\r", b"two", b"three", b"last"];

    let ours = line_porcelain(&report, &lines, &commits);
    let ours: Vec<u8> = ours
        .lines_with_terminator()
        .filter(|line| !line.starts_with(b"origin"))
        .flatten()
        .copied()
        .collect();
    let theirs = git(at, &["blame", "--line-porcelain", "new name.txt"]);
    assert_eq!(ours.as_bstr(), theirs.as_bstr());
}
