//! The records of model files, for the terminal and as Markdown.

use std::collections::BTreeMap;
use std::fmt::Write;

use trueline_facts::artifact::{Artifact, ArtifactReport, Reason, Verdict};

use crate::markdown::{code, text};
use crate::style::Style;
use crate::words::counted;

/// Reasons shown of a file.
const MAX_REASONS: usize = 5;

/// What was found, worst first; clean files are counted, or listed with `all`.
#[must_use]
pub fn terminal(report: &ArtifactReport, style: &Style, all: bool) -> String {
    let mut out = String::new();
    let artifacts = worst_first(report);
    for artifact in artifacts {
        if artifact.verdict > Verdict::Clean || !artifact.breaches.is_empty() || all {
            record(&mut out, artifact, *style);
        }
    }
    for diagnostic in &report.diagnostics {
        let path = diagnostic
            .path
            .as_ref()
            .map_or_else(String::new, |p| format!("{p}: "));
        line(&mut out, &format!("{path}{}", diagnostic.message));
    }
    let files = counted(report.artifacts.len() as u64, "file");
    match verdicts(report) {
        None => line(&mut out, "No files."),
        Some(verdicts) => line(&mut out, &format!("{files}: {verdicts}")),
    }
    out
}

fn record(out: &mut String, artifact: &Artifact, style: Style) {
    let formats = if artifact.formats.is_empty() {
        String::new()
    } else {
        format!(" ({})", artifact.formats.join(", "))
    };
    out.push_str(&word(artifact.verdict, style));
    let vetted = if artifact.vetted {
        ", vetted by the team"
    } else {
        ""
    };
    line(out, &format!(" {}{formats}{vetted}", artifact.path));
    for breach in &artifact.breaches {
        line(out, &format!("    {} [model-policy]", breach.message));
    }
    let reasons: Vec<_> = artifact
        .reasons
        .iter()
        .filter(|r| r.verdict > Verdict::Clean || artifact.verdict == Verdict::Clean)
        .collect();
    for reason in reasons.iter().take(MAX_REASONS) {
        line(
            out,
            &format!("    {} [{}]", reason.message, reason.technique),
        );
        if let Some(place) = place(reason) {
            line(out, &format!("      at {place}"));
        }
        if let Some(call) = &reason.call {
            line(out, &format!("      {call}"));
        }
        if !reason.references.is_empty() {
            line(out, &format!("      see {}", reason.references.join(", ")));
        }
    }
    if reasons.len() > MAX_REASONS {
        line(
            out,
            &format!(
                "    and {} more; --format json has all",
                reasons.len() - MAX_REASONS
            ),
        );
    }
    if let Some(loads) = artifact
        .loads_under_weights_only
        .filter(|_| artifact.verdict > Verdict::Clean)
    {
        let is_of_unpacking = |reason: &Reason| {
            ["archive-path-", "archive-link-", "archive-device"]
                .iter()
                .any(|start| reason.technique.starts_with(start))
        };
        let mut told = reasons
            .iter()
            .filter(|reason| reason.verdict > Verdict::Clean);
        let what = match (loads, &artifact.refused_under_weights_only) {
            // It reads members where they are and writes none.
            (true, _) if told.all(|reason| is_of_unpacking(reason)) => {
                "loads it and unpacks nothing: what is said above happens to who unpacks it"
                    .to_owned()
            }
            (true, _) => "loads it: what is said above happens all the same".to_owned(),
            (false, Some(what)) => format!("refuses it, because of {what}"),
            (false, None) => "refuses it".to_owned(),
        };
        line(out, &format!("    torch.load(…, weights_only=True) {what}"));
    }
    if let Some(advice) = artifact
        .advice
        .as_ref()
        .filter(|_| artifact.verdict > Verdict::Clean)
    {
        line(out, &format!("    {advice}"));
    }
}

/// Where it was seen; the beginning of a file says nothing.
fn place(reason: &Reason) -> Option<String> {
    let members = reason.members.join(" > ");
    match (members.is_empty(), reason.offset) {
        (true, 0) => None,
        (true, at) => Some(format!("byte {at}")),
        (false, 0) => Some(members),
        (false, at) => Some(format!("{members}, byte {at}")),
    }
}

/// By this line a bot finds its own comment again.
const MARKER: &str = "<!-- trueline:artifacts -->";
/// Files with their reasons in a comment; the rest is counted.
const FILES: usize = 30;

/// A comment: what is malicious or suspicious with its reasons, the rest as a table of counts.
#[must_use]
pub fn markdown(report: &ArtifactReport) -> String {
    let mut out = format!("{MARKER}\n");
    line(&mut out, &format!("### Trueline: {}", headline(report)));
    out.push('\n');
    let shown: Vec<&Artifact> = worst_first(report)
        .into_iter()
        .filter(|a| a.verdict > Verdict::Clean || !a.breaches.is_empty())
        .collect();
    if !shown.is_empty() {
        out.push_str("| verdict | file | why |\n|---|---|---|\n");
    }
    for artifact in shown.iter().take(FILES) {
        let why: Vec<String> = artifact
            .reasons
            .iter()
            .filter(|r| r.verdict > Verdict::Clean)
            .take(3)
            .map(|r| format!("{} (`{}`)", text(&r.message), r.technique))
            .chain(artifact.breaches.iter().map(|b| text(&b.message)))
            .collect();
        let vetted = if artifact.vetted { ", vetted" } else { "" };
        line(
            &mut out,
            &format!(
                "| **{}**{vetted} | {} | {} |",
                artifact.verdict,
                code(&artifact.path.display()),
                why.join("<br>")
            ),
        );
    }
    if shown.len() > FILES {
        out.push('\n');
        line(
            &mut out,
            &format!("{} more are in the other formats.", shown.len() - FILES),
        );
    }
    if !report.diagnostics.is_empty() {
        out.push('\n');
    }
    for diagnostic in report.diagnostics.iter().take(FILES) {
        let path = diagnostic
            .path
            .as_ref()
            .map_or_else(String::new, |p| format!("{}: ", code(&p.display())));
        line(&mut out, &format!("- {path}{}", text(&diagnostic.message)));
    }
    out
}

/// How many files of which verdict.
pub(crate) fn headline(report: &ArtifactReport) -> String {
    let files = counted(report.artifacts.len() as u64, "model file");
    verdicts(report).map_or_else(
        || "no model file was checked".to_owned(),
        |verdicts| format!("{files}: {verdicts}"),
    )
}

/// How many there are of each verdict, the worst first; what the team vetted is counted for itself, as no gate minds it.
fn verdicts(report: &ArtifactReport) -> Option<String> {
    let mut counts: BTreeMap<Option<Verdict>, u64> = BTreeMap::new();
    for artifact in &report.artifacts {
        let is_waived = artifact.vetted && artifact.verdict > Verdict::Clean;
        let verdict = (!is_waived).then_some(artifact.verdict);
        *counts.entry(verdict).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .iter()
        .rev()
        .map(|(verdict, count)| {
            let word = verdict.map_or("vetted by the team", Verdict::as_str);
            format!("{count} {word}")
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The worst verdict first, then by path.
pub(crate) fn worst_first(report: &ArtifactReport) -> Vec<&Artifact> {
    let mut artifacts: Vec<&Artifact> = report.artifacts.iter().collect();
    artifacts.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.path.cmp(&b.path)));
    artifacts
}

/// Writes a line; text from files must not steer the terminal.
fn line(out: &mut String, text: &str) {
    let shown: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{shown}");
}

fn word(verdict: Verdict, style: Style) -> String {
    let text = format!("{:<10}", verdict.as_str());
    if !style.color {
        return text;
    }
    let code = match verdict {
        Verdict::Malicious => "1;31",
        Verdict::Suspicious => "1;33",
        Verdict::Unknown => "36",
        Verdict::Clean => "32",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
