//! `trueline stats`: usage and health, of one or many repositories.

use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_report::{html, json, markdown, terminal};
use trueline_scan::StatsRequest;

use crate::Ended;
use crate::arguments::{Stats, StatsFormat};
use crate::output;
use crate::progress::Bar;

pub(crate) fn run(arguments: &Stats, interrupt: &AtomicBool) -> Result<Ended> {
    output::check(arguments.writing.output.as_deref())?;
    let bar = Bar::new(arguments.writing.quiet);
    let request = StatsRequest {
        repositories: arguments.repositories.clone(),
        since: arguments.since.clone(),
        by: arguments.by.map(crate::arguments::By::group),
        mine: arguments.mine,
        reading: super::reading(&arguments.reading)?,
    };
    let mut report = trueline_scan::stats(&request, &bar, interrupt)?;
    bar.finish();
    let parts = report
        .repositories
        .iter_mut()
        .map(|one| super::is_part(&mut one.diagnostics, interrupt));
    // All are looked at: each that may lack something says so.
    let is_part = parts.fold(false, |any, one| any | one);
    let file = arguments.writing.output.as_deref();
    let text = match arguments.format {
        StatsFormat::Terminal => terminal::stats(&report, &output::style(file)),
        StatsFormat::Json => json::to_string(&report),
        StatsFormat::Markdown => markdown::stats(&report),
        StatsFormat::Html => html::stats(&report),
    };
    output::write(text.as_bytes(), file)?;
    for diagnostic in &report.diagnostics {
        super::told_beside(&diagnostic.message);
    }
    Ok(if is_part {
        Ended::Interrupted
    } else if !report.diagnostics.is_empty() {
        Ended::Partly
    } else {
        Ended::Pass
    })
}
