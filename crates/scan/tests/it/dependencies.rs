//! What a change does to packages, where nobody can tell whether it is sound.

use std::process::Command;
use std::sync::atomic::AtomicBool;

use trueline_facts::Timestamp;
use trueline_facts::change::{Change, FactName};
use trueline_scan::{ChangeRequest, ChangeSource, PackageData, ReadingOptions};

use crate::tree::Tree;

const ADVISORY: &str = r#"{"id": "X-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "Flask"},
    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.5"}]}]}]}"#;

fn git(tree: &Tree, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=Dev", "-c", "user.email=dev@example.org"])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(tree.root())
        .status()
        .unwrap();
    assert!(status.success());
}

/// What changes from one state of a file to another, with an advisory about Flask before 1.5 or without any.
fn described(file: &str, before: &str, after: &str, is_told: bool) -> Change {
    let tree = Tree::of(&[("readme.txt", "x\n")]);
    if !before.is_empty() {
        tree.write(file, before);
    }
    git(&tree, &["add", "."]);
    git(&tree, &["commit", "--quiet", "-m", "one"]);
    tree.write(file, after);
    git(&tree, &["add", "."]);
    git(&tree, &["commit", "--quiet", "-m", "two"]);
    let advisory = tree.root().join(".git/X-1.json");
    std::fs::write(&advisory, ADVISORY).unwrap();
    let request = ChangeRequest {
        path: tree.root().to_owned(),
        source: ChangeSource::Range(Some("HEAD~1..HEAD".to_owned())),
        policy: None,
        reviews: None,
        imports: Vec::new(),
        packages: PackageData {
            advisories: is_told.then_some(advisory).into_iter().collect(),
            names: Vec::new(),
        },
        now: Timestamp(0),
        reading: ReadingOptions {
            threads: 1,
            cache: false,
            local_sessions: None,
        },
    };
    trueline_scan::change(&request, &AtomicBool::new(false))
        .unwrap()
        .change
}

fn why(change: &Change) -> Option<&str> {
    let missing = change.unknown(FactName::DependencyVulnerabilities)?;
    Some(&missing.why)
}

#[test]
fn a_pin_that_becomes_a_range_is_not_known_to_be_sound() {
    let file = "requirements.txt";
    let loose = described(file, "flask==2.0\n", "flask>=1.0\n", true);
    assert!(loose.dependencies.is_empty());
    assert!(
        why(&loose).is_some_and(|why| why.contains("1 changed requirements")),
        "{:?}",
        why(&loose)
    );
    let pinned = described(file, "flask==2.0\n", "flask==2.1\n", true);
    assert_eq!(why(&pinned), None);
    let old = described(file, "flask==2.0\n", "flask==1.0\n", true);
    assert_eq!(
        old.dependencies[0].vulnerabilities.as_deref(),
        Some(&["X-1".to_owned()][..])
    );
    assert!(why(&described(file, "flask==2.0\n", "flask==2.1\n", false)).is_some());
}

#[test]
fn a_lock_file_that_cannot_be_read_or_of_a_registry_without_advisories_is_not_known() {
    let told = described("bun.lockb", "", "#!/usr/bin/env bun\n", true);
    assert!(
        why(&told).is_some_and(|why| why.contains("bun.lockb could not be read")),
        "{:?}",
        why(&told)
    );
    let pnpm = "lockfileVersion: '9.0'\npackages:\n\n  x@1.0.0:\n    resolution: {integrity: y}\n";
    let told = described("pnpm-lock.yaml", "", pnpm, true);
    assert!(
        why(&told).is_some_and(|why| why.contains("1 new entries of lock files (npm/x)")),
        "{:?}",
        why(&told)
    );
    assert!(why(&described("pnpm-lock.yaml", "", pnpm, false)).is_some());
    let npm = r#"{"packages": {"node_modules/x": {"version": "1.0.0"}}}"#;
    let told = described("package-lock.json", "", npm, true);
    assert!(
        why(&told).is_some_and(|why| why.contains("1 new entries of lock files")),
        "{:?}",
        why(&told)
    );
    let uv = |version: &str| {
        format!(
            "[[package]]\nname = \"flask\"\nversion = \"{version}\"\nsource = {{ registry = \"x\" }}\n"
        )
    };
    assert_eq!(why(&described("uv.lock", "", &uv("2.0"), true)), None);
    let old = described("uv.lock", "", &uv("1.0"), true);
    assert_eq!((old.dependencies.len(), old.dependencies[0].line), (1, 2));
}
