//! `trueline scan --only artifacts`: model files, one record a file.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use trueline_facts::Severity;
use trueline_facts::artifact::{ArtifactReport, Verdict};
use trueline_report::{artifacts, html, json};
use trueline_scan::{ArtifactRequest, ScanError};

use crate::Ended;
use crate::arguments::{Scan, ScanFormat};
use crate::output;
use crate::progress::Bar;

/// Model files have records of their own, not findings with origins: what speaks of these does not apply.
pub(crate) fn check(arguments: &Scan) -> Result<()> {
    let other = [
        (arguments.diff.is_some(), "--diff"),
        (arguments.baseline.is_some(), "--baseline"),
        (arguments.write_baseline.is_some(), "--write-baseline"),
        (!arguments.import.is_empty(), "--import"),
        (arguments.write_lock, "--write-lock"),
        (gitlab(arguments.format), "--format gitlab-…"),
    ];
    match other.iter().find(|(given, _)| *given) {
        None => Ok(()),
        Some((_, option)) => Err(ScanError::Unusable {
            path: (*option).into(),
            reason: "it cannot be used with --only artifacts",
        }
        .into()),
    }
}

const fn gitlab(format: ScanFormat) -> bool {
    matches!(
        format,
        ScanFormat::GitlabCodequality | ScanFormat::GitlabSast
    )
}

pub(crate) fn run(arguments: &Scan, interrupt: &AtomicBool) -> Result<Ended> {
    let bar = Bar::new(arguments.writing.quiet);
    let request = ArtifactRequest {
        paths: arguments.paths.clone(),
        threads: super::reading(&arguments.reading)?.threads,
        standing_in: std::env::current_dir()?,
    };
    let report = trueline_scan::artifacts(&request, &bar, interrupt)?;
    bar.finish();
    let file = arguments.writing.output.as_deref();
    let text = match arguments.format {
        ScanFormat::Json => json::to_string(&report),
        ScanFormat::Sarif => trueline_scan::artifacts_sarif(&report)?,
        ScanFormat::Markdown => artifacts::markdown(&report),
        ScanFormat::Html => html::artifacts(&report),
        // The formats of GitLab were refused by `check`.
        ScanFormat::Terminal | ScanFormat::GitlabCodequality | ScanFormat::GitlabSast => {
            artifacts::terminal(&report, &output::style(file), arguments.all)
        }
    };
    output::write(text.as_bytes(), file)?;
    if interrupt.load(Ordering::SeqCst) {
        return Ok(Ended::Interrupted);
    }
    if report.artifacts.is_empty() {
        // A gate that saw nothing must not pass.
        return Err(ScanError::Unusable {
            path: arguments.paths.first().cloned().unwrap_or_default(),
            reason: "no file was checked: the path holds none that can be read",
        }
        .into());
    }
    let failed = arguments
        .fail_on
        .is_some_and(|limit| fails(&report, limit.severity()));
    Ok(if failed { Ended::Findings } else { Ended::Pass })
}

/// Is a verdict at least that severe, or a demand of the team broken? What it vetted has no verdict to it.
fn fails(report: &ArtifactReport, limit: Severity) -> bool {
    let least = match limit {
        Severity::Low | Severity::Medium => Verdict::Unknown,
        Severity::High => Verdict::Suspicious,
        Severity::Critical => Verdict::Malicious,
    };
    let breaks = limit <= Severity::Medium;
    report
        .artifacts
        .iter()
        .any(|a| (a.verdict >= least && !a.vetted) || (breaks && !a.breaches.is_empty()))
}
