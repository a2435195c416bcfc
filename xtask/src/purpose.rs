//! `cargo xtask purpose REPO…` and `cargo xtask score-purpose TABLE --repositories DIR`: the purpose
//! that Trueline gives to commits, against labels of somebody who did not write the classifier. The
//! first has its labels in `xtask/labels`.
//!
//! The table has a line a commit, separated by tabs: repository (a folder of DIR), commit, label,
//! and a second label that is right as well, or nothing. Lines that begin with `#` and a first line
//! that begins with `repository` are none. Messages and paths are read with git.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use trueline_authorship::purpose::{Fate, LineCounts, TouchedFile, purpose};
use trueline_facts::Proportion;
use trueline_facts::usage::Purpose;

use crate::plant::past::{git, git_bytes};

/// Whether the type of a conventional commit may be read. Hidden, a table of such types shows how far
/// words and paths alone would come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Types {
    Read,
    Hidden,
}

/// One labelled commit.
struct Case {
    repository: String,
    commit: String,
    label: Purpose,
    /// Right as well.
    second: Option<Purpose>,
}

/// The labels that come with the sources.
const LABELS: &str = include_str!("../labels/purpose.tsv");

/// Scores the labels that come with the sources on those of their repositories that are given.
pub(crate) fn run_own(repositories: &[PathBuf], misses: bool) -> Result<()> {
    let by_name: BTreeMap<String, &PathBuf> = repositories
        .iter()
        .filter_map(|path| {
            let name = path.file_name()?.to_string_lossy();
            Some((name.trim_end_matches(".git").to_owned(), path))
        })
        .collect();
    let mut cases = cases(LABELS)?;
    let all = cases.len();
    cases.retain(|case| by_name.contains_key(&case.repository));
    if cases.is_empty() {
        bail!("no labelled commit is of a repository with one of these names");
    }
    println!(
        "{} of {all} labelled commits are of these repositories",
        cases.len()
    );
    let folder = |name: &str| {
        by_name
            .get(name)
            .map_or_else(PathBuf::new, |path| (*path).clone())
    };
    score(&cases, &folder, Types::Read, misses)
}

/// Scores the table; `only` limits it to some repositories.
pub(crate) fn run(
    table: &Path,
    repositories: &Path,
    only: &[String],
    types: Types,
    misses: bool,
) -> Result<()> {
    let text =
        fs::read_to_string(table).with_context(|| format!("{} cannot be read", table.display()))?;
    let mut cases = cases(&text)?;
    cases.retain(|case| only.is_empty() || only.contains(&case.repository));
    if cases.is_empty() {
        bail!("{}: no commits", table.display());
    }
    score(&cases, &|name| repositories.join(name), types, misses)
}

fn score(
    cases: &[Case],
    folder: &dyn Fn(&str) -> PathBuf,
    types: Types,
    misses: bool,
) -> Result<()> {
    let (mut hits, mut strict) = (0, 0);
    let mut by_repository: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut by_label: BTreeMap<Purpose, BTreeMap<Purpose, u64>> = BTreeMap::new();
    for case in cases {
        let (said, subject) = classify(&folder(&case.repository), &case.commit, types)?;
        let is_right = said == case.label || case.second == Some(said);
        hits += u64::from(is_right);
        strict += u64::from(said == case.label);
        let (right, of) = by_repository.entry(&case.repository).or_default();
        *right += u64::from(is_right);
        *of += 1;
        let meant = if is_right { said } else { case.label };
        *by_label.entry(meant).or_default().entry(said).or_default() += 1;
        if misses && !is_right {
            let short = case.commit.get(..10).unwrap_or(&case.commit);
            println!(
                "{:<16} {short} {:<14} said {:<14} {subject}",
                case.repository,
                case.label.as_str(),
                said.as_str()
            );
        }
    }
    let of = cases.len() as u64;
    println!("{:<30}{}", "right", shown(hits, of));
    println!("{:<30}{}", "the first label alone", shown(strict, of));
    for (repository, (right, of)) in by_repository {
        println!("  {repository:<28}{}", shown(right, of));
    }
    println!("by label (an answer that matches the second label counts under that):");
    for (label, said) in by_label {
        let of: u64 = said.values().sum();
        let right = said.get(&label).copied().unwrap_or(0);
        let others: Vec<String> = said
            .iter()
            .filter(|(other, _)| **other != label)
            .map(|(other, count)| format!("{} {count}", other.as_str()))
            .collect();
        println!(
            "  {:<28}{right:>4} of {of:<4} {}",
            label.as_str(),
            others.join(", ")
        );
    }
    Ok(())
}

fn shown(hits: u64, of: u64) -> String {
    let found = Proportion::new(hits, of);
    format!(
        "{hits:>4} of {of:<4}{:>5.1} %  (95 %: {:.0} to {:.0} %)",
        100.0 * found.share.unwrap_or(0.0),
        100.0 * found.low,
        100.0 * found.high
    )
}

fn cases(text: &str) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') || line.starts_with("repository\t") {
            continue;
        }
        let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [repository, commit, label, rest @ ..] = columns.as_slice() else {
            bail!("line {}: repository, commit and label are wanted", at + 1);
        };
        let named = |label: &str| {
            named(label).with_context(|| format!("line {}: `{label}` is no purpose", at + 1))
        };
        let second = rest.first().filter(|label| !label.is_empty());
        cases.push(Case {
            repository: (*repository).to_owned(),
            commit: (*commit).to_owned(),
            label: named(label)?,
            second: second.map(|label| named(label)).transpose()?,
        });
    }
    Ok(cases)
}

fn named(label: &str) -> Option<Purpose> {
    let label = label.to_lowercase();
    Purpose::ALL
        .into_iter()
        .find(|purpose| purpose.as_str() == label)
}

/// What we say, and the subject.
fn classify(repository: &Path, commit: &str, types: Types) -> Result<(Purpose, String)> {
    let message = git_bytes(
        repository,
        &["log", "-1", "--format=%B", "--end-of-options", commit],
    )?;
    let message = match types {
        Types::Read => &*message,
        Types::Hidden => untyped(&message),
    };
    // As the walk sees it: against the first parent, a renamed file under both names.
    let listed = |what: &str| {
        git_bytes(
            repository,
            &[
                "log",
                "-1",
                "--first-parent",
                "-m",
                "--root",
                "--format=",
                what,
                "--no-renames",
                "-z",
                "--end-of-options",
                commit,
            ],
        )
    };
    let (fates, counts) = (listed("--name-status")?, listed("--numstat")?);
    let said = purpose(message, touched(&fates, &counts).into_iter());
    let subject = git(
        repository,
        &["log", "-1", "--format=%s", "--end-of-options", commit],
    )?;
    Ok((said, subject.trim().chars().take(90).collect()))
}

/// The files of `--name-status -z` (letter, path) with their counts from `--numstat -z` (added, removed and
/// path between tabs; `-` for what is not text). Both are in the same order.
fn touched<'a>(fates: &'a [u8], counts: &[u8]) -> Vec<TouchedFile<'a>> {
    fn fields(text: &[u8]) -> impl Iterator<Item = &[u8]> {
        text.split(|&b| b == 0)
            .map(<[u8]>::trim_ascii_start)
            .filter(|field| !field.is_empty())
    }
    let mut fates = fields(fates);
    let mut counts = fields(counts);
    let mut files = Vec::new();
    while let (Some(letter), Some(path)) = (fates.next(), fates.next()) {
        let mut numbers = counts.next().unwrap_or_default().split(|&b| b == b'\t');
        let mut number = || std::str::from_utf8(numbers.next()?).ok()?.parse().ok();
        files.push(TouchedFile {
            path,
            fate: match letter {
                b"A" => Fate::Added,
                b"D" => Fate::Deleted,
                _ => Fate::Modified,
            },
            lines: number()
                .zip(number())
                .map(|(added, removed)| LineCounts { added, removed }),
        });
    }
    files
}

/// The message without `type(scope)!: `.
fn untyped(message: &[u8]) -> &[u8] {
    let Some(colon) = message.iter().position(|&b| b == b':') else {
        return message;
    };
    let (head, rest) = message.split_at(colon);
    let word = head.split(|b| matches!(b, b'(' | b'!')).next();
    let is_type = word.is_some_and(|word| word.iter().all(u8::is_ascii_alphabetic));
    if is_type {
        rest.get(1..).unwrap_or_default().trim_ascii_start()
    } else {
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_with_what_became_of_them_and_with_lines_where_they_are_text() {
        let fates = b"\nA\0a b.rs\0M\0logo.png\0D\0old.rs\0";
        let counts = b"\n3\t0\ta b.rs\0-\t-\tlogo.png\x000\t7\told.rs\0";
        let files = touched(fates, counts);
        let told: Vec<_> = files
            .iter()
            .map(|file| {
                let lines = file.lines.map(|lines| (lines.added, lines.removed));
                (file.path, file.fate, lines)
            })
            .collect();
        assert_eq!(
            told,
            [
                (&b"a b.rs"[..], Fate::Added, Some((3, 0))),
                (b"logo.png", Fate::Modified, None),
                (b"old.rs", Fate::Deleted, Some((0, 7))),
            ]
        );
    }

    #[test]
    fn a_table_has_a_commit_a_line_and_says_where_it_is_wrong() {
        let table = "repository\tcommit\tlabel\tsecond\n# note\nruff\tabc\tfix\ttest\nuv\tdef\tDocs\t\nuv\tfed\tunclear\n";
        let cases = cases(table).unwrap();
        let labels: Vec<_> = cases.iter().map(|case| (case.label, case.second)).collect();
        assert_eq!(
            labels,
            [
                (Purpose::Fix, Some(Purpose::Test)),
                (Purpose::Docs, None),
                (Purpose::Unclear, None)
            ]
        );
        let wrong = super::cases("uv\tabc\tnice\n").err().unwrap();
        assert_eq!(wrong.to_string(), "line 1: `nice` is no purpose");
    }
}
