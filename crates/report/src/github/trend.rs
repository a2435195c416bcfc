//! Scans over time as a table: what a scheduled run keeps, and shows without a server.

use std::fmt::Write as _;

use trueline_facts::Severity;
use trueline_facts::scan::ScanReport;

use crate::markdown::{code, text};
use crate::words;

/// Rows of the table; older scans are counted.
const ROWS: usize = 30;

/// Renders scans, oldest first, as a table that begins with the newest.
#[must_use]
pub fn trend(scans: &[ScanReport]) -> String {
    let mut out = String::from("### Trueline: over time\n\n");
    if scans.is_empty() {
        out.push_str("Nothing is kept yet.\n");
        return out;
    }
    out.push_str(
        "| HEAD's day | commit | critical | high | medium | low | AI share at least | evidence coverage | lines |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for scan in scans.iter().rev().take(ROWS) {
        let day = scan
            .repository
            .head_time
            .map_or_else(String::new, trueline_facts::Timestamp::date);
        let head = scan
            .repository
            .head
            .as_ref()
            .map_or("", |head| head.short());
        let of = |severity| {
            let number = scan.findings.iter().filter(|f| f.severity == severity);
            words::count(number.count() as u64)
        };
        let (ai, coverage, lines) = match &scan.usage {
            Some(usage) => {
                let recent = &usage.coverage.recent;
                (
                    words::ai_floor(&usage.lines),
                    words::percent(recent.hits, recent.of),
                    words::count(usage.lines.total),
                )
            }
            None => ("unknown".to_owned(), "none".to_owned(), String::new()),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {ai} | {coverage} | {lines} |",
            text(&day),
            code(head),
            of(Severity::Critical),
            of(Severity::High),
            of(Severity::Medium),
            of(Severity::Low),
        );
    }
    if scans.len() > ROWS {
        let _ = writeln!(out, "\n{} older scans are kept.", scans.len() - ROWS);
    }
    out
}
