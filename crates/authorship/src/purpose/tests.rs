//! Purposes of made-up commits, one or more per rule.

use proptest::prelude::*;

use super::words::{SOURCE, Table};
use super::*;

fn of(message: &str, paths: &[&str]) -> &'static str {
    purpose(message.as_bytes(), paths.iter().map(|path| path.as_bytes())).as_str()
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
    assert_eq!(of("chore: new gate", source), "infrastructure");
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
        let _ = purpose(&message, std::iter::once(&*path));
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
