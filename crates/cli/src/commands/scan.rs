//! `trueline scan`: the main job.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use trueline_facts::{Finding, Suppression};
use trueline_report::{html, json, markdown, terminal};
use trueline_scan::{Baseline, ScanOutcome, ScanRequest, Tiers};

use crate::Ended;
use crate::arguments::{Scan, ScanFormat};
use crate::output;
use crate::progress::Bar;

pub(crate) fn run(arguments: &Scan, interrupt: &AtomicBool) -> Result<Ended> {
    output::check(arguments.writing.output.as_deref())?;
    output::check(arguments.write_baseline.as_deref())?;
    let bar = Bar::new(arguments.writing.quiet);
    let request = ScanRequest {
        path: arguments.path.clone(),
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
    let outcome = trueline_scan::scan(&request, &bar, interrupt)?;
    bar.finish();
    let file = arguments.writing.output.as_deref();
    output::write(render(arguments, &outcome)?.as_bytes(), file)?;

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
    if interrupt.load(Ordering::SeqCst) {
        return Ok(Ended::Interrupted);
    }
    let failed = arguments.fail_on.is_some_and(|limit| {
        report
            .findings
            .iter()
            .any(|f| f.severity >= limit.severity())
    });
    Ok(if failed { Ended::Findings } else { Ended::Pass })
}

fn render(arguments: &Scan, outcome: &ScanOutcome) -> Result<String> {
    let report = &outcome.report;
    Ok(match arguments.format {
        ScanFormat::Terminal => terminal::scan(
            report,
            &output::style(arguments.writing.output.as_deref()),
            arguments.all,
        ),
        ScanFormat::Json => json::to_string(report),
        ScanFormat::Sarif => outcome.sarif()?,
        ScanFormat::Markdown => markdown::scan(report),
        ScanFormat::Html => html::scan(report, &outcome.code),
    })
}
