//! What of a history cannot be read, named and counted: it is told first where it bears on who wrote
//! some line, and never as more than it is. A picture that is missing bears on none.

use trueline_facts::{Diagnostic, Level, RepoPath};
use trueline_history::model::{Completeness, FileContent, History, RunEnd};

use crate::artifacts;

/// Files that are named; the rest is counted.
const NAMED: usize = 3;

/// Whether the name says that nobody writes lines into such a file.
pub(crate) fn is_no_text(path: &RepoPath) -> bool {
    artifacts::is_model_file(path) || trueline_history::is_binary_name(path)
}

/// What is told first where lines lack their history; `remedy` is what to do about it.
pub(crate) fn incomplete(history: &History, remedy: &str) -> Option<Diagnostic> {
    let parts = parts(history);
    (!parts.is_empty()).then(|| {
        Diagnostic::new(
            Level::Warning,
            "history-incomplete",
            format!(
                "Not all that was committed can be read here, so who wrote some lines cannot be known: {}; {remedy}.",
                parts.join(", ")
            ),
        )
    })
}

fn parts(history: &History) -> Vec<String> {
    let told = |code: &str| {
        let all = history.diagnostics.iter();
        all.filter(|d| d.code == code).count()
    };
    let mut parts = Vec::new();
    if told("files-unlisted") > 0 {
        parts.push("directories of HEAD".to_owned());
    }
    // An interrupt leaves files unread that are there.
    if history.completeness == Completeness::Whole {
        let missing = history
            .files
            .iter()
            .filter(|file| file.content == FileContent::Missing)
            .map(|file| history.path(file.path))
            .filter(|path| !is_no_text(path))
            .collect::<Vec<_>>();
        parts.extend(named(&missing, "file of HEAD", "files of HEAD"));
        let cut: Vec<(&RepoPath, u64)> = history
            .files
            .iter()
            .filter_map(|file| {
                let lines = cut_lines(&file.content);
                (lines > 0).then(|| (history.path(file.path), lines))
            })
            .collect();
        let lines = cut.iter().map(|(_, lines)| lines).sum();
        let files: Vec<&RepoPath> = cut.iter().map(|(path, _)| *path).collect();
        if let Some(files) = named(&files, "file", "files") {
            parts.push(format!(
                "the history of {} in {files}",
                counted(lines, "line", "lines")
            ));
        }
    }
    let commits = told("commit-unreadable") as u64;
    if commits > 0 {
        parts.push(format!(
            "{} and what came before",
            counted(commits, "commit", "commits")
        ));
    }
    let trees = told("trees-unreadable") as u64;
    if trees > 0 {
        parts.push(format!(
            "directories of {}",
            counted(trees, "commit", "commits")
        ));
    }
    parts
}

/// Lines whose history ends at what cannot be read.
fn cut_lines(content: &FileContent) -> u64 {
    let FileContent::Text(runs) = content else {
        return 0;
    };
    runs.iter()
        .filter(|run| run.end == RunEnd::Unattributable)
        .map(|run| u64::from(run.len))
        .sum()
}

/// `2 files (a.rs, b.rs)`; nothing where there is none.
fn named(paths: &[&RepoPath], one: &str, many: &str) -> Option<String> {
    if paths.is_empty() {
        return None;
    }
    let mut names: Vec<String> = paths
        .iter()
        .take(NAMED)
        .map(|path| path.display().into_owned())
        .collect();
    if paths.len() > NAMED {
        names.push(format!("{} more", paths.len() - NAMED));
    }
    Some(format!(
        "{} ({})",
        counted(paths.len() as u64, one, many),
        names.join(", ")
    ))
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
