//! The words with which every report opens: what was looked at, and what was found there. One place,
//! so that the terminal, the comment and the page give the same answer. Facts in, plain text out:
//! the renderers make it visible or escape it.

use std::collections::BTreeSet;

use trueline_facts::scan::{Repository, ScanReport};
use trueline_facts::stats::{RepositoryStats, StatsReport};
use trueline_facts::{Diagnostic, Finding, Proportion, RepoPath, Suppression, Timestamp};

use crate::words;

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
    match &report.diff_base {
        Some(base) => format!("the lines of {name} changed since {}", base.short()),
        None => name,
    }
}

/// Files that were understood, in full or in part.
pub(crate) fn files_read(report: &ScanReport) -> u64 {
    let languages = report.sources.languages.values();
    languages.map(|l| l.parsed + l.partial).sum()
}

/// Files in supported languages that were not read.
fn files_skipped(report: &ScanReport) -> u64 {
    report.sources.languages.values().map(|l| l.skipped).sum()
}

/// Findings that the baseline knows.
pub(crate) fn in_baseline(report: &ScanReport) -> u64 {
    let suppressed = report.suppressed.iter();
    suppressed
        .filter(|f| f.suppression == Some(Suppression::Baseline))
        .count() as u64
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
    let read = files_read(report);
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
        format!("Nothing to judge in {scope}: no file in a supported language")
    } else {
        if report.sources.unsupported_files > 0 {
            let files = words::counted(read, "file");
            remarks.push(format!("{files} could be judged"));
        }
        let so_far = if interrupted { " so far" } else { "" };
        format!("No {new}findings{so_far} in {scope}")
    };
    if remarks.is_empty() {
        text
    } else {
        format!("{text} ({})", remarks.join(", "))
    }
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

/// The lines that count, where `--since` limits them: `lines added since 2026-01-31`.
pub(crate) fn since(from: Timestamp) -> String {
    format!("lines added since {}", from.date())
}

/// Evidence coverage of the lines that count: the recent ones, or those that `--since` asks for.
pub(crate) const fn coverage(one: &RepositoryStats) -> &Proportion {
    match one.since {
        Some(_) => &one.usage.coverage.all,
        None => &one.usage.coverage.recent,
    }
}

/// The same for all repositories together: days count back from the HEAD of each.
pub(crate) fn since_together(report: &StatsReport) -> Option<String> {
    let asked = report.since.as_deref()?;
    let mut dates: Vec<String> = report
        .repositories
        .iter()
        .filter_map(|one| one.since)
        .map(since)
        .collect();
    dates.dedup();
    Some(match dates.as_slice() {
        [one] => one.clone(),
        _ => format!("lines of the last {asked} before each HEAD"),
    })
}

/// What is known of all repositories, as a sentence without its end; `None` where nothing is.
pub(crate) fn known_together(report: &StatsReport) -> Option<String> {
    let together = &report.together;
    let (lines, recent) = (&together.lines, &together.recent_lines);
    if together.coverage.hits == 0 && lines.ai == 0 && lines.human == 0 {
        return None;
    }
    let total = words::counted(lines.total, "line");
    let all = words::ai_share(lines);
    Some(match since_together(report) {
        Some(since) => format!(
            "{} of the {since} say who wrote them; AI wrote {all} of these {total}",
            words::percent(lines.known(), lines.total)
        ),
        None => format!(
            "{} of recent lines say who wrote them; AI wrote {} of recent lines and {all} of all {total}",
            words::percent(together.coverage.hits, together.coverage.of),
            words::ai_share(recent)
        ),
    })
}
