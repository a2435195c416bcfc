//! The log under its reference: appended, read, checked by `git` itself, anchored by tags.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use trueline_attest::log::{Log, REFERENCE};
use trueline_attest::{AttestError, anchor, chain, folder, key};
use trueline_facts::attestation::{Digest, Tail};

use crate::{claim, keys};

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_DATE", "1767225600 +0000")
        .env("GIT_COMMITTER_DATE", "1767225600 +0000")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(folder.path(), &["config", "user.name", "Dev"]);
    git(folder.path(), &["config", "user.email", "dev@example.org"]);
    git(
        folder.path(),
        &["commit", "--quiet", "--allow-empty", "--message", "first"],
    );
    folder
}

#[test]
fn entries_are_one_line_of_commits_that_git_finds_sound() {
    let folder = repository();
    let (key, trusted) = keys();
    let log = Log::open(folder.path()).unwrap();
    assert!(log.entries().unwrap().is_empty());
    let mut written = Vec::new();
    for n in 0..3 {
        let added = log.append(&claim(n), &key).unwrap();
        assert_eq!(added.number, u64::from(n) + 1);
        written.push(added.entry);
    }
    let entries = Log::open(folder.path()).unwrap().entries().unwrap();
    assert_eq!(entries, written);
    assert!(chain::verify(REFERENCE, &entries, &trusted, None).holds());
    git(folder.path(), &["fsck", "--strict"]);
    assert_eq!(
        git(folder.path(), &["rev-list", "--count", REFERENCE]).trim(),
        "3"
    );
    let shown = git(
        folder.path(),
        &["show", &format!("{REFERENCE}:attestation.json")],
    );
    assert_eq!(shown.as_bytes(), written[2]);
}

#[test]
fn the_same_entries_give_the_same_commit() {
    let (key, _) = keys();
    let tips: Vec<String> = (0..2)
        .map(|_| {
            let folder = repository();
            let log = Log::open(folder.path()).unwrap();
            log.append(&claim(1), &key).unwrap();
            git(folder.path(), &["rev-parse", REFERENCE])
        })
        .collect();
    assert_eq!(tips[0], tips[1]);
}

#[test]
fn a_rewound_reference_is_a_dropped_tail_by_the_anchor_alone() {
    let folder = repository();
    let (key, trusted) = keys();
    let log = Log::open(folder.path()).unwrap();
    for n in 0..3 {
        log.append(&claim(n), &key).unwrap();
    }
    let head = Digest::of(log.entries().unwrap().last().unwrap());
    git(
        folder.path(),
        &["update-ref", REFERENCE, &format!("{REFERENCE}~1")],
    );
    let entries = log.entries().unwrap();
    assert_eq!(entries.len(), 2);
    let seen = chain::verify(REFERENCE, &entries, &trusted, None);
    assert!(seen.holds());
    assert_eq!(seen.tail, Tail::NotProvable);
    let kept = anchor::digest(&head.to_string()).unwrap();
    assert!(!chain::verify(REFERENCE, &entries, &trusted, Some(&kept)).holds());
}

#[test]
fn commits_that_were_reordered_show() {
    let folder = repository();
    let (key, trusted) = keys();
    let log = Log::open(folder.path()).unwrap();
    for n in 0..3 {
        log.append(&claim(n), &key).unwrap();
    }
    let tree = |rev: &str| {
        let rev = format!("{REFERENCE}{rev}^{{tree}}");
        git(folder.path(), &["rev-parse", &rev]).trim().to_owned()
    };
    let mut tip = String::new();
    for tree in [tree("~2"), tree(""), tree("~1")] {
        let mut arguments = vec!["commit-tree", &tree, "-m", "x"];
        let parent = tip.clone();
        if !parent.is_empty() {
            arguments.extend(["-p", &parent]);
        }
        git(folder.path(), &arguments).trim().clone_into(&mut tip);
    }
    git(folder.path(), &["update-ref", REFERENCE, &tip]);
    let seen = chain::verify(REFERENCE, &log.entries().unwrap(), &trusted, None);
    let places: Vec<u64> = seen.problems.iter().map(|p| p.place).collect();
    assert_eq!(places, [2, 3]);
}

#[test]
fn a_tag_keeps_the_head_and_its_ssh_signature_is_checked() {
    let folder = repository();
    let at = folder.path();
    let (key, trusted) = keys();
    let log = Log::open(at).unwrap();
    log.append(&claim(0), &key).unwrap();
    let head = Digest::of(&log.entries().unwrap()[0]);
    let voucher = key::from_seed(&[3; 32], "release manager").unwrap();
    // `ssh-keygen`, which git signs with, wants the file for its owner alone.
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, voucher.private.as_bytes()).unwrap();
    let message = format!("State of the log\n\n{} {head}\n", anchor::TRAILER);
    let file = file.path().to_str().unwrap();
    for (name, signed) in [("plain", "--annotate"), ("signed", "--sign")] {
        let sign_key = format!("user.signingkey={file}");
        git(
            at,
            &[
                "-c",
                "gpg.format=ssh",
                "-c",
                &sign_key,
                "tag",
                signed,
                name,
                "--message",
                &message,
            ],
        );
    }
    git(at, &["tag", "light"]);
    let vouchers = key::TrustedKeys::parse(&voucher.public, "v").unwrap();
    let none = key::TrustedKeys::default();
    let told = |tag: &str, keys: &key::TrustedKeys| {
        let anchor = anchor::of_tag(&log, tag, keys).unwrap();
        assert_eq!(anchor.digest, head);
        anchor.voucher.unwrap()
    };
    assert!(told("plain", &vouchers).contains("not signed"));
    assert!(told("signed", &none).contains("was not checked"));
    assert_eq!(
        told("signed", &vouchers),
        format!("the tag is signed with {}", voucher.id)
    );
    // The key that signs the log vouches for nothing here, and neither does a tag without a message.
    for (tag, keys) in [
        ("signed", &trusted),
        ("light", &vouchers),
        ("none", &vouchers),
    ] {
        let error = anchor::of_tag(&log, tag, keys).unwrap_err();
        assert!(matches!(error, AttestError::Anchor { .. }), "{error}");
    }
}

#[test]
fn files_hold_the_same_log() {
    let folder = TempDir::new().unwrap();
    let (key, trusted) = keys();
    let entries = crate::log(&key, 12);
    for (at, entry) in entries.iter().enumerate() {
        folder::add(folder.path(), at as u64 + 1, entry).unwrap();
    }
    std::fs::write(folder.path().join("README.md"), "not an entry").unwrap();
    assert_eq!(folder::read(folder.path()).unwrap(), entries);
    assert!(folder::add(folder.path(), 3, b"{}").is_err());
    std::fs::remove_file(folder.path().join("000004.json")).unwrap();
    let seen = chain::verify(
        "files",
        &folder::read(folder.path()).unwrap(),
        &trusted,
        None,
    );
    assert_eq!(seen.problems.first().map(|p| p.place), Some(4));
}

#[test]
fn a_foreign_commit_under_the_reference_is_told() {
    let folder = repository();
    git(folder.path(), &["update-ref", REFERENCE, "HEAD"]);
    let error = Log::open(folder.path()).unwrap().entries().unwrap_err();
    assert!(
        error.to_string().contains("no `attestation.json`"),
        "{error}"
    );
}
