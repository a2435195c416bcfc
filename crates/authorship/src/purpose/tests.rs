//! Purposes of made-up commits, one or more per rule.

use proptest::prelude::*;

use super::words::{SOURCE, Table};
use super::*;

fn of(message: &str, paths: &[&str]) -> &'static str {
    let files = paths.iter().map(|path| TouchedFile::named(path.as_bytes()));
    purpose(message.as_bytes(), files).as_str()
}

/// With files as `git log --numstat` shows them, and a `+` or `*` before those that are new or gone.
fn counted(message: &str, files: &[(&str, u64, u64)]) -> &'static str {
    let files = files.iter().map(|(path, added, removed)| TouchedFile {
        path: path.trim_start_matches(['+', '*']).as_bytes(),
        fate: match path.as_bytes().first() {
            Some(b'+') => Fate::Added,
            Some(b'*') => Fate::Deleted,
            _ => Fate::Modified,
        },
        lines: Some(LineCounts {
            added: *added,
            removed: *removed,
        }),
    });
    purpose(message.as_bytes(), files).as_str()
}

#[test]
fn lines_decide_between_a_feature_a_fix_and_a_refactoring_where_words_are_weak() {
    let subject = "Support braces";
    assert_eq!(counted(subject, &[("src/a.rs", 140, 3)]), "feature");
    assert_eq!(counted(subject, &[("src/a.rs", 40, 95)]), "refactor");
    assert_eq!(counted("Check braces", &[("src/a.rs", 4, 2)]), "fix");
    assert_eq!(counted("braces", &[("src/a.rs", 2, 2)]), "fix");
    assert_eq!(counted("braces", &[("src/a.rs", 300, 10)]), "feature");
    assert_eq!(counted("braces", &[("src/a.rs", 30, 200)]), "refactor");
}

#[test]
fn lines_outweigh_neither_a_strong_verb_nor_documents_nor_a_type() {
    let shrinks = &[("src/a.rs", 3, 30)][..];
    assert_eq!(counted("Add braces", shrinks), "feature");
    assert_eq!(counted("feat: braces", shrinks), "feature");
    assert_eq!(counted("Fix braces", &[("src/a.rs", 400, 0)]), "fix");
    assert_eq!(counted("Remove braces", &[("src/a.rs", 30, 2)]), "refactor");
    assert_eq!(counted("Fix comment", &[("src/a.rs", 1, 1)]), "docs");
    assert_eq!(counted("wip", &[("src/a.rs", 300, 0)]), "unclear");
}

#[test]
fn lines_of_tests_and_documents_are_not_the_sources() {
    let files = [
        ("src/a.rs", 90, 2),
        ("docs/a.md", 0, 400),
        ("tests/a.rs", 0, 90),
    ];
    assert_eq!(counted("Support braces", &files), "feature");
}

#[test]
fn tests_beside_as_much_source_are_part_of_something_else() {
    let both = [("src/a.rs", 44, 16), ("tests/a.rs", 55, 0)];
    assert_eq!(counted("Add reader and unit tests", &both), "feature");
    assert_eq!(counted("Tests of the reader", &both), "test");
    let mostly_tests = [("src/a.rs", 3, 1), ("tests/a.rs", 55, 0)];
    assert_eq!(counted("Add unit tests", &mostly_tests), "test");
}

#[test]
fn a_guide_that_is_new_source_is_a_feature() {
    let guide = [("+src/guide.rs", 50, 0), ("src/a.rs", 10, 1)];
    assert_eq!(counted("Add braces guide", &guide), "feature");
    assert_eq!(counted("Add braces guide", &[("src/a.rs", 10, 1)]), "docs");
    let told = [("+src/guide.rs", 50, 0), ("docs/guide.md", 9, 0)];
    assert_eq!(counted("Add braces guide", &told), "docs");
}

#[test]
fn a_file_that_moves_under_a_subject_that_says_nothing_is_a_refactoring() {
    let moved = [("*src/a.rs", 0, 300), ("+src/b.rs", 301, 0)];
    assert_eq!(counted("src/b.rs", &moved), "refactor");
    let new = [("*src/a.rs", 0, 300), ("+src/b.rs", 20, 0)];
    assert_eq!(counted("src/b.rs", &new), "unclear");
}

#[test]
fn a_fix_of_documents_or_tests_is_no_fix_of_the_product() {
    assert_eq!(of("fix: typo", &["src/a.rs"]), "docs");
    assert_eq!(of("fix: flaky test", &["src/a.rs"]), "test");
    assert_eq!(of("fix: document is lost", &["src/a.rs"]), "fix");
    assert_eq!(of("revert: fix typo", &["src/a.rs"]), "fix");
}

#[test]
fn a_document_that_names_a_version_is_no_release() {
    assert_eq!(of("file format 2.0.0", &["specs/format.md"]), "docs");
    assert_eq!(of("Update version in README", &["README.md"]), "docs");
    assert_eq!(of("Release 2.0.0", &["CHANGELOG.md"]), "infrastructure");
    assert_eq!(
        of("Bump version to 2.0", &["README.md", "Cargo.toml"]),
        "infrastructure"
    );
}

#[test]
fn a_changelog_goes_along_with_the_manifest() {
    let files = ["CHANGELOG.md", "package.json"];
    assert_eq!(of("Remove left-pad dependency", &files), "dependency");
}

#[test]
fn what_steers_agents_and_containers_is_infrastructure() {
    for path in [
        "CLAUDE.md",
        "web/AGENTS.md",
        "compose.dev.yaml",
        "Dockerfile.test",
    ] {
        assert_eq!(of("Add a line", &[path]), "infrastructure", "{path}");
    }
    assert_eq!(of("Add a line", &["src/compose.rs"]), "feature");
    assert_eq!(of("Add a line", &["compose.test.ts"]), "test");
}

#[test]
fn the_table_loads_and_says_each_word_once() {
    let table: Table = toml::from_str(SOURCE).unwrap();
    for part in [
        &table.types,
        &table.scopes,
        &table.emoji,
        &table.phrases,
        &table.lead,
        &table.weak,
        &table.telling,
        &table.anywhere,
    ] {
        let mut seen = std::collections::BTreeSet::new();
        for word in part.values().flatten() {
            assert!(seen.insert(word), "{word} stands twice");
            assert_eq!(**word, word.to_lowercase(), "words are in lower case");
        }
    }
}

#[test]
fn a_verb_leads_with_one_weight() {
    let table: Table = toml::from_str(SOURCE).unwrap();
    let strong: std::collections::BTreeSet<_> = table.lead.values().flatten().collect();
    for word in table.weak.values().flatten() {
        assert!(!strong.contains(word), "{word} is strong and weak");
    }
}

#[test]
fn examples_have_the_purpose_they_stand_under_and_counterexamples_another() {
    let table: Table = toml::from_str(SOURCE).unwrap();
    for want in Purpose::ALL {
        assert!(
            !table.examples[&want].is_empty() && !table.counterexamples[&want].is_empty(),
            "{}",
            want.as_str()
        );
        for subject in &table.examples[&want] {
            assert_eq!(of(subject, &["src/a.rs"]), want.as_str(), "{subject}");
        }
        for subject in &table.counterexamples[&want] {
            assert_ne!(of(subject, &["src/a.rs"]), want.as_str(), "{subject}");
        }
    }
}

#[test]
fn the_type_of_a_conventional_commit_counts() {
    let source = &["src/a.rs"][..];
    assert_eq!(of("feat(parser)!: read braces (#12)", source), "feature");
    assert_eq!(of("fix: braces", source), "fix");
    assert_eq!(of("perf: fewer copies", source), "refactor");
    assert_eq!(of("docs: explain braces", source), "docs");
    assert_eq!(of("ci: cache more", source), "infrastructure");
    assert_eq!(of("chore: remove dead code", source), "refactor");
    assert_eq!(of("chore: new gate", source), "feature");
    assert_eq!(of("chore: new gate", &["Makefile"]), "infrastructure");
    assert_eq!(of("chore: braces", &["Makefile"]), "infrastructure");
    assert_eq!(of("chore: wip", source), "infrastructure");
    assert_eq!(
        of("build(deps): bump left-pad", &["package.json"]),
        "dependency"
    );
    assert_eq!(
        of(
            "fix(ci): pin runner",
            &["src/a.rs", ".github/workflows/a.yml"]
        ),
        "infrastructure"
    );
}

#[test]
fn an_emoji_counts_as_a_type() {
    assert_eq!(of("✨ braces", &["src/a.rs"]), "feature");
    assert_eq!(of(":bug: braces", &["src/a.rs"]), "fix");
    assert_eq!(of("⬆️ left-pad", &["package.json"]), "dependency");
}

#[test]
fn versions_of_dependencies_are_told_from_versions_of_the_product() {
    assert_eq!(
        of("Bump left-pad from 1.0 to 1.1", &["package.json"]),
        "dependency"
    );
    assert_eq!(
        of("Update Rust crate abc to v2 (#9)", &["Cargo.lock"]),
        "dependency"
    );
    assert_eq!(
        of(
            "Update owner/some-action action to v7",
            &[".github/workflows/a.yml"]
        ),
        "dependency"
    );
    assert_eq!(
        of(
            "chore: bump version to 2.0.0",
            &["Cargo.toml", "Cargo.lock"]
        ),
        "infrastructure"
    );
}

#[test]
fn a_bump_without_a_name_is_a_release() {
    for subject in [
        "Bump to v1.2.3",
        "bump plugin version",
        "bump and release",
        "Update version",
    ] {
        assert_eq!(of(subject, &["Cargo.toml"]), "infrastructure", "{subject}");
    }
    assert_eq!(of("update lockfile", &["Cargo.lock"]), "dependency");
    assert_eq!(of("refresh", &["Cargo.lock"]), "dependency");
}

#[test]
fn forms_of_a_word_and_the_object_of_a_verb_count() {
    let source = &["src/a.rs"][..];
    assert_eq!(of("dropped old reader", source), "refactor");
    assert_eq!(of("retries reading", source), "fix");
    assert_eq!(of("handling of empty files", source), "fix");
    assert_eq!(of("Improve docs for the reader", source), "docs");
    assert_eq!(of("fix clippy warnings in reader", source), "refactor");
    assert_eq!(of("Add number to test report", source), "feature");
}

#[test]
fn files_of_one_kind_decide() {
    assert_eq!(
        of("more braces", &["tests/a.rs", "src/x_test.go", "a.test.ts"]),
        "test"
    );
    assert_eq!(of("fix: wrong assertion", &["tests/a.rs"]), "test");
    assert_eq!(of("Add section", &["README.md", "docs/logo.svg"]), "docs");
    assert_eq!(
        of("Add cache", &[".github/workflows/ci.yml"]),
        "infrastructure"
    );
    assert_eq!(
        of("Add rule", &["src/a.rs", "README.md", "Cargo.lock"]),
        "feature"
    );
    assert_eq!(of("Add rule", &["Cargo.lock", "src/a.rs"]), "feature");
}

#[test]
fn words_decide_where_files_do_not() {
    let source = &["src/a.rs", "tests/a.rs"][..];
    assert_eq!(of("[core] Do not read past the end", source), "fix");
    assert_eq!(of("[`area`] Implement reading", source), "feature");
    assert_eq!(of("Rename reader", source), "refactor");
    assert_eq!(of("Add tests for the reader", source), "test");
    assert_eq!(of("reader simplified", source), "refactor");
    assert_eq!(of("my server: improve message", source), "feature");
    assert_eq!(of("Fix typo in message", source), "docs");
}

#[test]
fn a_merge_of_a_request_is_what_its_title_says() {
    let merge = "Merge pull request #12 from owner/branch\n\nFix crash on braces\n";
    assert_eq!(of(merge, &[]), "fix");
    assert_eq!(
        of("Merge pull request #12 from owner/branch", &[]),
        "unclear"
    );
    assert_eq!(of("Merge branch 'fix-braces'", &[]), "unclear");
}

#[test]
fn a_fixed_issue_outweighs_a_weak_verb_only() {
    let source = &["src/a.rs"][..];
    assert_eq!(of("Support braces", source), "feature");
    assert_eq!(of("Support braces\n\nFixes #12", source), "fix");
    assert_eq!(of("Support braces\n\nSee #12", source), "feature");
    assert_eq!(of("Add braces\n\nFixes #12", source), "feature");
}

#[test]
fn a_revert_mends_whatever_it_takes_back() {
    let revert = "Revert \"feat: add braces\"";
    assert_eq!(of(revert, &["src/a.rs"]), "fix");
}

#[test]
fn what_nothing_tells_is_unclear() {
    assert_eq!(of("wip", &["src/a.rs"]), "unclear");
    assert_eq!(of("", &[]), "unclear");
    assert_eq!(of("Update src/a.rs", &["src/a.rs"]), "unclear");
}

proptest! {
    #[test]
    fn arbitrary_commits_never_panic(message in proptest::collection::vec(any::<u8>(), 0..80), path in proptest::collection::vec(any::<u8>(), 0..30)) {
        let _ = purpose(&message, std::iter::once(TouchedFile::named(&path)));
    }

    #[test]
    fn arbitrary_subjects_never_panic(subject in "[\\[\\]():!#`a-z0-9 ✨️]{0,40}") {
        let _ = purpose(subject.as_bytes(), std::iter::empty());
    }
}

#[test]
fn a_document_in_a_folder_of_specs_is_a_specification_and_code_there_a_test() {
    assert_eq!(of("Reader", &["specs/reader.md"]), "docs");
    assert_eq!(of("Reader", &["spec/reader_helper.rb"]), "test");
}

#[test]
fn a_package_that_takes_the_place_of_another_is_a_dependency() {
    let swapped = ["poetry.lock", "pyproject.toml", "src/a.py"];
    assert_eq!(
        of("Replace left-pad with right-pad", &swapped),
        "dependency"
    );
    let coded = ["pyproject.toml", "src/a.py", "src/b.py"];
    assert_eq!(of("Replace left-pad with right-pad", &coded), "refactor");
}

#[test]
fn where_words_say_nothing_most_files_decide() {
    let tests = ["src/a.rs", "tests/a.rs", "tests/b.rs"];
    assert_eq!(of("wip", &tests), "test");
    assert_eq!(of("wip", &["src/a.rs", "tests/a.rs"]), "unclear");
}
