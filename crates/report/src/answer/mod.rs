//! The words with which every report opens: what was looked at, and what was found there. One place,
//! so that the terminal, the comment and the page give the same answer. Facts in, plain text out:
//! the renderers make it visible or escape it.

mod evidence;
mod tools;

use std::collections::BTreeSet;

use trueline_facts::scan::{Repository, ScanReport};
use trueline_facts::{Diagnostic, Finding, RepoPath, Suppression};

use crate::words;

pub(crate) use evidence::{
    About, advice, beside_coverage, coverage, gives, is_before_cut, known, known_together,
    no_evidence, no_line, no_line_together, none_recent, nothing_known, since, since_together,
    unknown, unknown_together, why_nothing,
};
pub(crate) use tools::{
    LIBRARIES, LINES_NOT_KNOWN, Standing, coding_tools, libraries, not_judged, signs, tools,
    trace_of, traced, without_lines,
};

/// The repository, or the part of it that was looked at: `shop/src/db`.
pub(crate) fn name(repository: &Repository, part: Option<&RepoPath>) -> String {
    match part {
        Some(path) => format!("{}/{}", repository.name, path.display()),
        None => repository.name.clone(),
    }
}

/// The same, of a scan.
pub(crate) fn scanned(report: &ScanReport) -> String {
    name(&report.repository, report.scanned_path.as_ref())
}

/// Said of what only a whole repository has (health, anomalies, shadow AI, pipeline), where a part of it
/// was looked at.
pub(crate) const fn in_whole(part: Option<&RepoPath>) -> &'static str {
    match part {
        Some(_) => " in the whole repository",
        None => "",
    }
}

/// Why nothing is said about who wrote the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WithoutOrigins {
    OutsideGit,
    Damaged,
    /// Nothing was found, so history was not read.
    NotRead,
}

impl WithoutOrigins {
    pub(crate) fn of(report: &ScanReport) -> Self {
        let told = |code: &str| report.diagnostics.iter().any(|d| d.code == code);
        if told("history-unreadable") {
            Self::Damaged
        } else if told("history-not-read") {
            Self::NotRead
        } else {
            Self::OutsideGit
        }
    }
}

/// What findings were looked for in: everything, or the changed lines.
fn scope(report: &ScanReport) -> String {
    let name = scanned(report);
    match changed_since(report) {
        Some((since, remark)) => format!("the lines of {name} changed since {since}{remark}"),
        None => name,
    }
}

/// Since which commit the lines changed that are spoken of, and how that follows from what was asked for.
pub(crate) fn changed_since(report: &ScanReport) -> Option<(&str, String)> {
    let base = report.diff_base.as_ref()?;
    let name = report.diff_name.as_deref();
    // A part of the id says no more than the id.
    let name = name.filter(|name| !base.as_str().starts_with(&name.to_ascii_lowercase()));
    Some(match &report.diff_fork {
        Some(fork) => {
            let left = name.unwrap_or_else(|| base.short());
            (fork.short(), format!(", where this left {left}"))
        }
        None => (
            base.short(),
            name.map_or_else(String::new, |name| format!(" ({name})")),
        ),
    })
}

/// Files that were understood, in full or in part.
pub(crate) fn files_read(report: &ScanReport) -> u64 {
    let languages = report.sources.languages.values();
    languages.map(|l| l.parsed + l.partial).sum()
}

/// Files in supported languages that were not read.
pub(crate) fn files_skipped(report: &ScanReport) -> u64 {
    report.sources.languages.values().map(|l| l.skipped).sum()
}

/// Findings that the baseline knows.
pub(crate) fn in_baseline(report: &ScanReport) -> u64 {
    let suppressed = report.suppressed.iter();
    suppressed
        .filter(|f| f.suppression == Some(Suppression::Baseline))
        .count() as u64
}

/// Findings that a comment beside their line answers.
pub(crate) fn by_comment(report: &ScanReport) -> u64 {
    report.suppressed.len() as u64 - in_baseline(report)
}

/// Findings of the second tier that a list of `listed` ones leaves out.
pub(crate) fn uncertain(report: &ScanReport, listed: usize) -> u64 {
    report.uncertain + report.findings.len().saturating_sub(listed) as u64
}

/// What was found, as a sentence without its end.
pub(crate) fn found(report: &ScanReport, findings: &[&Finding]) -> String {
    let scope = scope(report);
    let known = in_baseline(report);
    let new = if known > 0 { "new " } else { "" };
    let mut remarks = Vec::new();
    if known > 0 {
        remarks.push(format!("{} in the baseline", words::count(known)));
    }
    let by_comment = by_comment(report);
    if by_comment > 0 {
        remarks.push(format!(
            "{} answered by a comment",
            words::count(by_comment)
        ));
    }
    let read = files_read(report);
    let others = report.sources.unsupported_files + files_skipped(report);
    if read > 0 && others > 0 {
        remarks.push(format!(
            "{} of {} could be judged",
            words::count(read),
            words::counted(read + others, "file")
        ));
    }
    let interrupted = is_interrupted(&report.diagnostics);
    let text = if !findings.is_empty() {
        let total = words::counted(findings.len() as u64, &format!("{new}finding"));
        format!("{total}{} in {scope}", places(findings))
    } else if interrupted && read == 0 {
        format!("No answer for {scope}: no file was checked yet")
    } else if read == 0 && report.sources.agent_files > 0 {
        format!(
            "No {new}findings in {scope}: {} that {} agents",
            words::counted(report.sources.agent_files, "file"),
            if report.sources.agent_files == 1 {
                "steers"
            } else {
                "steer"
            }
        )
    } else if read == 0 && files_skipped(report) > 0 {
        format!(
            "No answer for {scope}: {} in supported languages, and none was read",
            words::counted(files_skipped(report), "file")
        )
    } else if read == 0 {
        nothing_read(report, &scope, &mut remarks)
    } else {
        let so_far = if interrupted { " so far" } else { "" };
        format!("No {new}findings{so_far} in {scope}")
    };
    if remarks.is_empty() {
        text
    } else {
        format!("{text} ({})", remarks.join(", "))
    }
}

/// Said where no file was judged, and why none was.
fn nothing_read(report: &ScanReport, scope: &str, remarks: &mut Vec<String>) -> String {
    let sources = &report.sources;
    if sources.only.as_deref() == Some("agents") {
        return format!("Nothing to judge in {scope}: no file that steers agents");
    }
    if sources.excluded_files > 0 {
        let files = match sources.excluded_files {
            1 => "1 file is".to_owned(),
            several => format!("{} files are", words::count(several)),
        };
        return format!(
            "Nothing to judge in {scope}: {files} left out by `[scan] exclude` of trueline.toml"
        );
    }
    if sources.searched_files > 0 {
        let files = words::counted(sources.searched_files, "other file");
        remarks.push(format!("{files} looked through for secrets"));
    }
    format!("Nothing to judge in {scope}: no file in a supported language")
}

/// Several tools often speak of the same line: how many lines there are to look at.
fn places(findings: &[&Finding]) -> String {
    let engines: BTreeSet<&str> = findings.iter().map(|f| f.engine.as_str()).collect();
    let places: BTreeSet<_> = findings
        .iter()
        .map(|f| (&f.location.path, f.location.start.line))
        .collect();
    if engines.len() > 1 && places.len() < findings.len() {
        format!(" at {}", words::counted(places.len() as u64, "place"))
    } else {
        String::new()
    }
}

/// Was the run interrupted, so that everything in the report is a part?
pub(crate) fn is_interrupted(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.code == "interrupted")
}

/// Is what the history says of lines a part: it is cut, or was not read to its end?
pub(crate) fn is_part(repository: &Repository, diagnostics: &[Diagnostic]) -> bool {
    repository.shallow || is_interrupted(diagnostics) || gap(diagnostics).is_some()
}

/// The commits of a history, as far as it was read.
pub(crate) fn commits(repository: &Repository, diagnostics: &[Diagnostic]) -> String {
    let commits = words::counted(repository.commits, "commit");
    if is_interrupted(diagnostics) {
        format!("{commits} read, back from")
    } else {
        format!("{commits} to")
    }
}

/// What is told first where objects are missing or damaged: it weakens all that is said of origins.
pub(crate) fn gap(diagnostics: &[Diagnostic]) -> Option<&str> {
    let mut told = diagnostics.iter();
    let gap = told.find(|d| d.code == "history-incomplete")?;
    Some(gap.message.as_str())
}

const NOT_READ: &str = "not known: the run was interrupted before history was read";

/// Said of figures about what commits changed, where not all of it was read.
pub(crate) fn as_far_as_read(diagnostics: &[Diagnostic]) -> &'static str {
    if is_interrupted(diagnostics) {
        "; what they changed was not read to the end before the run was interrupted"
    } else {
        ""
    }
}

/// A sentence with a capital at its beginning.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
