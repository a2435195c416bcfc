//! A backtest in the terminal: what the gates would have said, and what became of those changes.

use trueline_facts::Proportion;
use trueline_facts::backtest::{Backtest, GateHistory};
use trueline_facts::change::FactName;
use trueline_facts::verdict::Mode;

use super::layout::{Cell, Ink, Sheet, cell, number, whole};
use crate::{Style, backtest, words};

/// Renders a backtest.
#[must_use]
pub fn backtest(report: &Backtest, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    let title = format!(
        "{}: {} replayed ({})",
        words::visible(&report.repository),
        words::counted(report.changes, "merged change"),
        words::visible(&report.period.asked)
    );
    let title = sheet.ink(Ink::Strong, &title);
    sheet.flow(2, &title);
    sheet.labelled("Policy", Ink::Plain, &words::visible(&report.policy));
    if let (Some(from), Some(to)) = (report.period.from, report.period.to) {
        let text = format!(
            "merged {} to {}, watched until {}",
            from.date(),
            to.date(),
            report.period.observed_until.date()
        );
        sheet.labelled("Period", Ink::Plain, &text);
    }
    if report.changes == 0 {
        sheet.gap();
        sheet.hanging("  ", Ink::Plain, "No change was merged in that time: try a longer one (`--since 24`), or name a range (`v1..main`).");
        return sheet.finish();
    }
    sheet.labelled("Verdicts", Ink::Plain, &backtest::verdicts(report));
    for origin in &report.origins {
        if origin.changes > 0 {
            sheet.labelled(
                backtest::author(origin.origin),
                Ink::Plain,
                &backtest::fate(origin.changes, &origin.went_bad),
            );
        }
    }
    if let Some(delay) = &report.review_delay {
        let text = format!(
            "{} waited a median of {} hours for the approval of another person",
            words::counted(delay.changes, "change"),
            delay.median_hours
        );
        sheet.labelled("Reviews", Ink::Plain, &text);
    }
    gates(&mut sheet, report);
    zones(&mut sheet, report);
    not_known(&mut sheet, report);
    sheet.heading("How to read this");
    for caveat in &report.caveats {
        sheet.hanging("  - ", Ink::Faint, caveat);
    }
    for diagnostic in &report.diagnostics {
        sheet.hanging("! ", Ink::Medium, &words::visible(&diagnostic.message));
    }
    sheet.finish()
}

fn share(p: &Proportion, style: Style) -> String {
    if p.of == 0 {
        return "-".to_owned();
    }
    format!(
        "{} of {} ({})",
        words::count(p.hits),
        words::count(p.of),
        words::interval(p, style.unicode)
    )
}

fn gates(sheet: &mut Sheet<'_>, report: &Backtest) {
    sheet.heading("What each gate would have said");
    let faint = |text: &str| whole(text).ink(Ink::Faint);
    let mut rows = vec![vec![
        faint("gate"),
        faint("mode"),
        faint("would comment"),
        faint("would block"),
    ]];
    let (decided, open): (Vec<&GateHistory>, Vec<&GateHistory>) =
        report.gates.iter().partition(|gate| gate.judged > 0);
    for gate in &decided {
        rows.push(row(gate, *sheet.style));
    }
    sheet.table(2, &rows);
    sheet.hanging(
        "  ",
        Ink::Faint,
        "95 % intervals. In `block` a gate also blocks what it cannot decide. Went bad: reverted, or a line rewritten by a later fix.",
    );
    for gate in decided.iter().filter(|gate| gate.would_comment.hits > 0) {
        detail(sheet, gate);
    }
    if !open.is_empty() {
        sheet.heading("Gates that no change could be judged by");
        for gate in open {
            let text = format!("{}: needs {}", gate.id, facts(&gate.missing));
            sheet.hanging("  ", Ink::Plain, &words::visible(&text));
        }
    }
}

fn facts(missing: &[FactName]) -> String {
    let names: Vec<&str> = missing.iter().map(|fact| fact.as_str()).collect();
    names.join(", ")
}

fn row(gate: &GateHistory, style: Style) -> Vec<Cell> {
    let ink = match gate.mode {
        Mode::Observe => Ink::Faint,
        Mode::Comment => Ink::Medium,
        Mode::Block => Ink::High,
    };
    vec![
        cell(words::visible(&gate.id).into_owned()),
        cell(gate.mode.as_str()).ink(ink),
        number(share(&gate.would_comment, style)),
        number(share(&gate.would_block, style)),
    ]
}

fn detail(sheet: &mut Sheet<'_>, gate: &GateHistory) {
    sheet.gap();
    let name = sheet.ink(Ink::Strong, &words::visible(&gate.id));
    sheet.flow(2, &format!("  {name}"));
    for line in backtest::details(gate, sheet.style.unicode) {
        sheet.hanging("    ", Ink::Plain, &words::visible(&line));
    }
    for fired in &gate.latest {
        let more = match fired.reasons {
            0 | 1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        let text = format!(
            "{} {}: {}{more}",
            fired.commit.short(),
            fired.merged.date(),
            fired.reason
        );
        sheet.hanging("    ", Ink::Faint, &words::visible(&text));
    }
}

fn zones(sheet: &mut Sheet<'_>, report: &Backtest) {
    if report.zones.is_empty() {
        return;
    }
    sheet.heading("Zones");
    let faint = |text: &str| whole(text).ink(Ink::Faint);
    let mut rows = vec![vec![
        faint("zone"),
        faint("changes"),
        faint("with AI"),
        faint("answered"),
        faint("went bad within 90 days"),
    ]];
    for zone in &report.zones {
        let bad = zone.went_bad.iter().max_by_key(|one| one.within_days);
        rows.push(vec![
            cell(words::visible(zone.zone.as_str()).into_owned()),
            number(words::count(zone.changes)),
            number(words::count(zone.with_ai)),
            number(share(&zone.answered, *sheet.style)),
            number(bad.map_or_else(|| "-".to_owned(), |bad| share(&bad.changes, *sheet.style))),
        ]);
    }
    sheet.table(2, &rows);
}

fn not_known(sheet: &mut Sheet<'_>, report: &Backtest) {
    if report.not_known.is_empty() {
        return;
    }
    sheet.heading("What was not known");
    for missing in &report.not_known {
        let text = format!(
            "{}, in {}: {}",
            missing.fact.fact,
            words::counted(missing.changes, "change"),
            missing.fact.why
        );
        sheet.hanging("  ", Ink::Faint, &words::visible(&text));
    }
}
