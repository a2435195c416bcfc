//! `trueline scan --only artifacts`: model files, one record a file.

use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::Severity;
use trueline_facts::artifact::{ArtifactReport, Verdict};
use trueline_report::{artifacts, gitlab, html, json};
use trueline_scan::{ArtifactRequest, Hashes, ScanError};

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

pub(crate) fn run(arguments: &Scan, interrupt: &AtomicBool) -> Result<Ended> {
    let bar = Bar::new(arguments.writing.quiet);
    let request = ArtifactRequest {
        paths: arguments.paths.clone(),
        threads: super::reading(&arguments.reading)?.threads,
        standing_in: std::env::current_dir()?,
        hashes: if arguments.hash_all {
            Hashes::All
        } else {
            Hashes::Small
        },
    };
    let mut report = trueline_scan::artifacts(&request, &bar, interrupt)?;
    bar.finish();
    let is_part = super::is_part(&mut report.diagnostics, interrupt);
    let file = arguments.writing.output.as_deref();
    let as_scan =
        |report: &ArtifactReport| trueline_scan::artifacts_as_scan(report, &request.standing_in);
    let text = match arguments.format {
        ScanFormat::Json => json::to_string(&report),
        ScanFormat::Sarif => trueline_scan::artifacts_sarif(&report, &request.standing_in)?,
        ScanFormat::Markdown => artifacts::markdown(&report),
        ScanFormat::Html => html::artifacts(&report),
        ScanFormat::GitlabCodequality => gitlab::code_quality(&as_scan(&report)?),
        ScanFormat::GitlabSast => gitlab::sast(&as_scan(&report)?),
        ScanFormat::Terminal => artifacts::terminal(&report, &output::style(file), arguments.all),
    };
    output::write(text.as_bytes(), file)?;
    if is_part {
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
    let Some(limit) = arguments.fail_on else {
        return Ok(Ended::Pass);
    };
    if fails(&report, limit.severity()) {
        return Ok(Ended::Findings);
    }
    // Nor one that did not see all.
    let unchecked = report
        .diagnostics
        .iter()
        .find(|diagnostic| trueline_scan::is_unchecked(diagnostic));
    match unchecked {
        None => Ok(Ended::Pass),
        Some(diagnostic) => {
            let path = diagnostic.path.as_ref().map(|p| p.display().into_owned());
            Err(ScanError::Unusable {
                path: path.map_or_else(
                    || arguments.paths.first().cloned().unwrap_or_default(),
                    Into::into,
                ),
                reason: "it was not checked, so the gate does not pass: fetch the file, make it readable, or leave it \
                         out of the paths",
            }
            .into())
        }
    }
}

/// Is a verdict at least that severe, or a demand of the team broken? What it vetted has no verdict to it.
fn fails(report: &ArtifactReport, limit: Severity) -> bool {
    let least = match limit {
        Severity::Low => Verdict::Unknown,
        Severity::Medium | Severity::High => Verdict::Suspicious,
        Severity::Critical => Verdict::Malicious,
    };
    let breaks = limit <= Severity::Medium;
    report
        .artifacts
        .iter()
        .any(|a| (a.verdict >= least && !a.vetted) || (breaks && !a.breaches.is_empty()))
}
