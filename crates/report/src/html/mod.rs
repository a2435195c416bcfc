//! One self-contained page: no request leaves it, it reads without JavaScript, and its script only adds
//! filters, the code view and the theme switch. All charts are drawn here, as SVG.

mod backtest;
mod bench;
mod charts;
mod code_view;
mod controls;
mod escape;
mod findings;
mod gaps;
mod health;
mod models;
mod overview;
mod page;
mod signs;
mod skills;
mod stats_page;
mod usage;
mod weaknesses;

pub use backtest::backtest;
pub use bench::bench;
pub use controls::controls;
pub use models::artifacts;
pub use skills::skills;
use trueline_facts::code::CodeView;
use trueline_facts::scan::ScanReport;
use trueline_facts::stats::StatsReport;

/// Appends formatted text; writing to a `String` cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($arg)*);
    }};
}
pub(crate) use put;

/// The id, with a blank after it, of the name that tells the sections of one repository from those of
/// another on the same page; nothing where there is only one.
fn whose(prefix: &str) -> String {
    if prefix.is_empty() {
        String::new()
    } else {
        format!("{prefix}name ")
    }
}

/// Renders a scan. `code` are the files whose text the page may show; what it has no room for is said.
#[must_use]
pub fn scan(report: &ScanReport, code: &[CodeView]) -> String {
    let shelf = code_view::Shelf::choose(report, code);
    let mut body = String::new();
    let name = crate::answer::scanned(report);
    let part = report.scanned_path.as_ref();
    let mut page = page::Page::new(&name, "Scan", &report.trueline_version);
    overview::scan(&mut body, report);
    page.section("overview", "Overview");
    if let Some(usage) = &report.usage {
        page.section("who", "Who wrote it");
        let is_partial = crate::answer::is_part(&report.repository, &report.diagnostics);
        usage::section(&mut body, usage, is_partial, "");
    }
    if !report.weaknesses.is_empty() || !report.findings.is_empty() {
        page.section("weaknesses", "Weaknesses");
        weaknesses::section(&mut body, report);
    }
    let tools = crate::answer::tools(report.usage.as_ref());
    let has_signs = !tools.is_empty()
        || !report.shadow_ai.signals.is_empty()
        || !report.shadow_ai.unlisted.is_empty()
        || !report.pipeline.is_empty();
    page.section("findings", "Findings");
    let next = if !shelf.is_empty() {
        ("code", "Code")
    } else if report.health.is_some() {
        ("health", "Health")
    } else if has_signs {
        ("signs", "Where AI and bots enter")
    } else {
        ("gaps", "Notes")
    };
    findings::section(&mut body, report, &shelf, next);
    if !shelf.is_empty() {
        page.section("code", "Code");
        code_view::section(&mut body, &shelf);
    }
    if let Some(health) = &report.health {
        page.section("health", "Health");
        let remark = crate::answer::as_far_as_read(&report.diagnostics);
        health::section(&mut body, health, part, remark, "");
    }
    if has_signs {
        page.section("signs", "Where AI and bots enter");
        signs::section(
            &mut body,
            (&report.shadow_ai, tools),
            &report.pipeline,
            part,
            "",
        );
    }
    page.section("gaps", "Notes");
    gaps::section(&mut body, &report.diagnostics, Some(&report.sources), "");
    page.section("methods", "Methods");
    gaps::methods(&mut body);
    let data = shelf.json(report);
    page.finish(&body, &data)
}

/// Renders the page for a lead: one or many repositories.
#[must_use]
pub fn stats(report: &StatsReport) -> String {
    stats_page::render(report)
}
