//! `check_diff`: findings of the default tier on the lines that the work tree changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trueline_facts::{CommitId, Finding, Level, Position, RepoPath, Severity};
use trueline_report::counted;
use trueline_scan::Tiers;

use crate::answer::{Answer, QUOTED, quoted};
use crate::arguments::{path, revision};
use crate::error::CallError;
use crate::view::{FindingView, word};
use crate::workspace::Workspace;

/// Findings of an answer, unless more are asked for; and at most.
const FINDINGS: usize = 50;
const MAX_FINDINGS: usize = 200;
/// Bytes of all findings of an answer.
const MAX_BYTES: usize = 64 << 10;
/// Diagnostics of an answer.
const MAX_DIAGNOSTICS: usize = 20;
/// Paths that one call can name.
const MAX_PATHS: usize = 100;
/// Findings that the short text lists.
const LISTED: usize = 10;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// Lines that this revision does not have are checked: `main`, `HEAD~2`, a commit. HEAD by default: what is not
    /// committed.
    base: Option<String>,
    /// The end of a range `base..head`: it must be what is checked out, and lines that are not committed are left out.
    head: Option<String>,
    /// Only files and folders of these paths, relative to the root of the repository.
    #[serde(default)]
    paths: Vec<String>,
    /// How many findings to give back, 50 by default and 200 at most; the worst come first.
    limit: Option<usize>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// Always `trueline.check-diff/1`.
    schema: &'static str,
    /// The commit that is compared with; absent where there is none yet, and then every line counts as changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<CommitId>,
    /// Where HEAD left the history of `base`: since when the lines changed, if it is not `base` itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    fork: Option<CommitId>,
    /// Worst first.
    findings: Vec<FindingView>,
    left_out: LeftOut,
    /// Less certain findings on changed lines, which are not listed.
    uncertain: u64,
    /// Findings on changed lines that a comment or the baseline answers.
    answered: usize,
    /// What could not be checked.
    diagnostics: Vec<DiagnosticView>,
}

/// What an answer had no room for.
#[derive(Debug, Serialize, JsonSchema)]
struct LeftOut {
    findings: usize,
    /// The same by severity.
    by_severity: BTreeMap<String, usize>,
    diagnostics: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DiagnosticView {
    level: Level,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<RepoPath>,
    message: String,
}

pub(crate) fn call(
    input: &Input,
    workspace: &mut Workspace,
    interrupt: &AtomicBool,
) -> Result<Answer, CallError> {
    let limit = input.limit.unwrap_or(FINDINGS);
    if limit == 0 || limit > MAX_FINDINGS {
        return Err(CallError::argument(
            "limit",
            format!("between 1 and {MAX_FINDINGS}"),
        ));
    }
    if input.paths.len() > MAX_PATHS {
        return Err(CallError::argument(
            "paths",
            format!("at most {MAX_PATHS}; name a folder"),
        ));
    }
    let root = workspace.scanner.root().to_owned();
    let only = input
        .paths
        .iter()
        .map(|given| path("paths", &root, given))
        .collect::<Result<Vec<RepoPath>, _>>()?;
    let base = input
        .base
        .as_deref()
        .map(|b| revision("base", b))
        .transpose()?;
    let head = input
        .head
        .as_deref()
        .map(|h| revision("head", h))
        .transpose()?;
    let present = workspace.scanner.commit(None)?;
    let diff = match (base, &present) {
        (Some(base), _) => Some(base.to_owned()),
        (None, Some(_)) => Some("HEAD".to_owned()),
        (None, None) => None,
    };
    let uncommitted = match head {
        Some(head) => {
            if workspace.scanner.commit(Some(head))? != present {
                return Err(CallError::NotCheckedOut {
                    head: head.to_owned(),
                });
            }
            let report = workspace
                .scan(Tiers::Shown, Some("HEAD".to_owned()), interrupt)?
                .report;
            report.findings.iter().map(key).collect()
        }
        None => BTreeSet::new(),
    };
    let report = workspace.scan(Tiers::Shown, diff, interrupt)?.report;
    let is_asked = |path: &RepoPath| only.is_empty() || only.iter().any(|p| path.is_below(p));
    let findings: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| is_asked(&finding.location.path) && !uncommitted.contains(&key(finding)))
        .collect();
    let (shown, left_out) = within_budget(&findings, limit)?;
    let diagnostics: Vec<&trueline_facts::Diagnostic> = report
        .diagnostics
        .iter()
        .filter(|d| d.level > Level::Note && d.path.as_ref().is_none_or(is_asked))
        .collect();
    let output = Output {
        schema: "trueline.check-diff/1",
        base: report.diff_base.clone(),
        fork: report.diff_fork.clone(),
        left_out: LeftOut {
            findings: left_out.len(),
            by_severity: by_severity(&left_out),
            diagnostics: diagnostics.len().saturating_sub(MAX_DIAGNOSTICS),
        },
        uncertain: report.uncertain,
        answered: report.suppressed.len(),
        diagnostics: diagnostics
            .iter()
            .take(MAX_DIAGNOSTICS)
            .map(|d| DiagnosticView {
                level: d.level,
                code: d.code.clone(),
                path: d.path.clone(),
                message: d.message.clone(),
            })
            .collect(),
        findings: shown,
    };
    Answer::new(&output, &text(&output, &findings))
}

/// Names a finding at its place: equal statements have fingerprints of their own.
fn key(finding: &Finding) -> (String, RepoPath, Position) {
    (
        finding.fingerprint.as_str().to_owned(),
        finding.location.path.clone(),
        finding.location.start,
    )
}

/// As many findings as an answer has room for, and the others.
fn within_budget<'f>(
    findings: &[&'f Finding],
    limit: usize,
) -> Result<(Vec<FindingView>, Vec<&'f Finding>), CallError> {
    let mut shown = Vec::new();
    let mut bytes = 0;
    for (at, finding) in findings.iter().enumerate() {
        let view = FindingView::of(finding);
        bytes += serde_json::to_string(&view)?.len();
        if at >= limit || bytes > MAX_BYTES {
            return Ok((shown, findings.get(at..).unwrap_or_default().to_vec()));
        }
        shown.push(view);
    }
    Ok((shown, Vec::new()))
}

fn by_severity(findings: &[&Finding]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(word(finding.severity).to_owned()).or_default() += 1;
    }
    counts
}

fn text(output: &Output, findings: &[&Finding]) -> String {
    let since = output.base.as_ref().map_or_else(
        || "in the tree, which has no commit yet".to_owned(),
        |base| match &output.fork {
            Some(fork) => format!(
                "on lines changed since {}, where HEAD left {}",
                fork.short(),
                base.short()
            ),
            None => format!("on lines changed since {}", base.short()),
        },
    );
    let mut text = if findings.is_empty() {
        format!("No finding {since}.")
    } else {
        let counts = by_severity(findings);
        let worst_first = [
            Severity::Critical,
            Severity::High,
            Severity::Medium,
            Severity::Low,
        ];
        let counts: Vec<String> = worst_first
            .into_iter()
            .filter_map(|severity| {
                let count = counts.get(word(severity))?;
                Some(format!("{count} {}", word(severity)))
            })
            .collect();
        format!(
            "{} {since}: {}.",
            counted(findings.len() as u64, "finding"),
            counts.join(", ")
        )
    };
    // Writing to a string cannot fail.
    for finding in output.findings.iter().take(LISTED) {
        let _ = write!(
            text,
            "\n- {} {} at {}:{} (fingerprint {})",
            word(finding.severity),
            finding.rule,
            quoted(&finding.path.display()),
            finding.line,
            finding.fingerprint.as_str()
        );
    }
    let unlisted = findings.len() - output.findings.len().min(LISTED);
    if unlisted > 0 {
        let _ = write!(
            text,
            "\n- and {unlisted} more, {} of them not in the data: narrow `paths` or raise `limit`",
            output.left_out.findings
        );
    }
    if output.uncertain > 0 {
        let _ = write!(
            text,
            "\n{} less certain: `trueline scan --all` lists them.",
            output.uncertain
        );
    }
    if !output.diagnostics.is_empty() {
        let _ = write!(
            text,
            "\n{} of what could not be checked: see `diagnostics`.",
            counted(
                (output.diagnostics.len() + output.left_out.diagnostics) as u64,
                "note"
            )
        );
    }
    if !findings.is_empty() {
        let _ = write!(
            text,
            "\nexplain_finding and suggest_fix take a fingerprint. {QUOTED}"
        );
    }
    text
}
