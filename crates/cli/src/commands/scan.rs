//! `trueline scan`: the main job.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::{Applicability, Finding, Suppression};
use trueline_report::{gitlab, html, json, markdown, terminal};
use trueline_scan::{
    Baseline, Checks, FixOutcome, ScanError, ScanOutcome, ScanRequest, Tiers, Writing,
};
use trueline_scenarios::learn::folder::around;

use crate::Ended;
use crate::arguments::{Only, Scan, ScanFormat};
use crate::commands::Misused;
use crate::commands::learn::offer;
use crate::commands::{artifacts, diff};
use crate::output;
use crate::progress::Bar;

pub(crate) fn run(arguments: &Scan, interrupt: &AtomicBool) -> Result<Ended> {
    output::check(arguments.writing.output.as_deref())?;
    output::check(arguments.write_baseline.as_deref())?;
    if arguments.only == Some(Only::Artifacts) {
        artifacts::check(arguments)?;
        return artifacts::run(arguments, interrupt);
    }
    let [path] = arguments.paths.as_slice() else {
        return Err(ScanError::Unusable {
            path: arguments.paths.last().cloned().unwrap_or_default(),
            reason: "a scan takes one path; only --only artifacts takes several",
        }
        .into());
    };
    let bar = Bar::new(arguments.writing.quiet);
    let request = ScanRequest {
        checks: match arguments.only {
            Some(Only::Agents) => Checks::Agents,
            Some(Only::Artifacts) | None => Checks::All,
        },
        path: path.clone(),
        tiers: if arguments.all {
            Tiers::All
        } else {
            Tiers::Shown
        },
        diff: arguments.diff.clone(),
        baseline: arguments.baseline.clone(),
        imports: arguments.import.clone(),
        code_view: arguments.format == ScanFormat::Html,
        line_hashes: arguments.format == ScanFormat::Sarif,
        reading: super::reading(&arguments.reading)?,
    };
    if arguments.fix {
        not_in_an_exercise(path)?;
        let outcome = fix(arguments, &request, &bar, interrupt)?;
        if outcome.not_noted {
            output::complain(
                "the git directory cannot be written, so that `learn fixed` will not know these fixes from your own: say `--aid assisted` there",
            );
        }
        summary(arguments, &outcome);
        if arguments.dry_run {
            let file = arguments.writing.output.as_deref();
            output::write(diff::unified(&outcome.files).as_bytes(), file)?;
            return Ok(Ended::Pass);
        }
    }
    let mut outcome = trueline_scan::scan(&request, &bar, interrupt)?;
    bar.finish();
    let is_part = super::is_part(&mut outcome.report.diagnostics, interrupt);
    let file = arguments.writing.output.as_deref();
    output::write(render(arguments, &outcome)?.as_bytes(), file)?;

    if is_part {
        // What was not looked at would be new to whoever reads a baseline or a lock of a part.
        if arguments.write_lock || arguments.write_baseline.is_some() {
            super::told_beside("interrupted, so no lock and no baseline was written");
        }
        return Ok(Ended::Interrupted);
    }
    if arguments.write_lock {
        write_lock(&outcome)?;
    }
    let report = &outcome.report;
    if let Some(file) = &arguments.write_baseline {
        let known = report
            .suppressed
            .iter()
            .filter(|f| f.suppression == Some(Suppression::Baseline));
        let all: Vec<Finding> = report.findings.iter().chain(known).cloned().collect();
        output::write(Baseline::of(&all).to_json().as_bytes(), Some(file))?;
    }
    if let Some(file) = file
        && !arguments.writing.quiet
        && std::io::stderr().is_terminal()
    {
        // A closed standard error does not make the report wrong.
        let _ = writeln!(
            std::io::stderr(),
            "{}; written to {}",
            trueline_report::counted(report.findings.len() as u64, "finding"),
            file.display()
        );
    }
    let failed = arguments.fail_on.is_some_and(|limit| {
        report
            .findings
            .iter()
            .any(|f| f.severity >= limit.severity())
    });
    Ok(if failed { Ended::Findings } else { Ended::Pass })
}

/// A fix that nobody thought of teaches nothing, and would count as one's own.
fn not_in_an_exercise(path: &Path) -> Result<()> {
    match around(path)? {
        Some((folder, _)) => Err(Misused(format!(
            "{} is an exercise, and to mend it is yours: `trueline learn hint` helps",
            folder.display()
        ))
        .into()),
        None => Ok(()),
    }
}

/// The exercises for what was found, the worst first.
fn practise(findings: &[Finding]) -> String {
    let found = findings.iter().map(|finding| {
        (
            &finding.rule,
            finding.cwe.as_slice(),
            finding.location.path.display().into_owned(),
            finding.severity,
        )
    });
    let offers = offer::offers(found);
    let lines = offers
        .iter()
        .map(|offer| format!("  {}\n", offer.told(str::to_owned)));
    let lines: String = lines.collect();
    if lines.is_empty() {
        return lines;
    }
    format!("\nPractise it on code with the same weakness\n{lines}")
}

/// Writes the lock of agents' servers and tools into the tree.
fn write_lock(outcome: &ScanOutcome) -> Result<()> {
    let Some(lock) = &outcome.agents_lock else {
        return Err(ScanError::Unusable {
            path: "--write-lock".into(),
            reason: "the lock speaks of a whole work tree: scan its root",
        }
        .into());
    };
    // A link of the tree could lead anywhere.
    let is_link =
        |path: &std::path::Path| std::fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink());
    if is_link(&lock.path) || lock.path.parent().is_some_and(is_link) {
        return Err(ScanError::Unusable {
            path: lock.path.clone(),
            reason: "it is a link: nothing is written through it",
        }
        .into());
    }
    if let Some(folder) = lock.path.parent() {
        let failed = |error: std::io::Error| {
            Misused(format!(
                "{} could not be made: {}",
                folder.display(),
                error.kind()
            ))
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    output::write(lock.text.as_bytes(), Some(&lock.path))
}

fn fix(
    arguments: &Scan,
    request: &ScanRequest,
    bar: &Bar,
    interrupt: &AtomicBool,
) -> Result<FixOutcome> {
    let limit = if arguments.unsafe_fixes {
        Applicability::Unsafe
    } else {
        Applicability::Safe
    };
    let writing = if arguments.dry_run {
        Writing::DryRun
    } else {
        Writing::Write
    };
    let outcome = trueline_scan::fix(request, limit, writing, bar, interrupt)?;
    bar.finish();
    Ok(outcome)
}

/// Says on standard error what was fixed and what was not: standard output holds the document.
fn summary(arguments: &Scan, outcome: &FixOutcome) {
    if arguments.writing.quiet {
        return;
    }
    let mut err = std::io::stderr();
    // A closed standard error does not make the fixes wrong.
    let _ = writeln!(err, "{}", diff::summary(outcome, arguments.dry_run));
}

fn render(arguments: &Scan, outcome: &ScanOutcome) -> Result<String> {
    let report = &outcome.report;
    Ok(match arguments.format {
        ScanFormat::Terminal => {
            let style = output::style(arguments.writing.output.as_deref());
            if arguments.writing.quiet {
                return Ok(terminal::scan_findings(report, &style, arguments.all));
            }
            format!(
                "{}{}",
                terminal::scan(report, &style, arguments.all),
                practise(&report.findings)
            )
        }
        ScanFormat::Json => json::to_string(report),
        ScanFormat::Sarif => outcome.sarif()?,
        ScanFormat::Markdown => markdown::scan(report),
        ScanFormat::Html => html::scan(report, &outcome.code),
        ScanFormat::GitlabCodequality => gitlab::code_quality(report),
        ScanFormat::GitlabSast => gitlab::sast(report),
    })
}
