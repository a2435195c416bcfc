//! `trueline stats`: who writes the code of one or many repositories, how it ages, and where AI
//! enters. Groups, never persons.

use std::fmt::Write as _;

use trueline_facts::health::Health;
use trueline_facts::pipeline::Entry;
use trueline_facts::stats::{Breakdown, NoteCounts, RepositoryStats, StatsReport};
use trueline_facts::usage::{LineShares, MonthUse};

use super::layout::{Ink, Sheet, cell, number};
use super::sections;
use crate::{Style, words};

/// Months drawn before older ones are left to the other formats.
const MONTHS: usize = 12;

/// Renders the report.
#[must_use]
pub fn stats(report: &StatsReport, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    answer(&mut sheet, report);
    if report.repositories.len() > 1 {
        overview(&mut sheet, report);
    }
    if let Some(breakdown) = &report.breakdown {
        broken_down(&mut sheet, breakdown);
    }
    if let Some(mine) = &report.mine {
        sheet.heading("My own lines (shown to nobody else)");
        sheet.table(
            2,
            &[share_row(&sheet, &mine.name, &mine.lines, mine.commits)],
        );
    }
    for one in &report.repositories {
        repository(&mut sheet, one);
    }
    sheet.finish()
}

fn answer(sheet: &mut Sheet<'_>, report: &StatsReport) {
    let together = &report.together;
    let scope = if let [only] = report.repositories.as_slice() {
        words::visible(&only.repository.name).into_owned()
    } else {
        format!("{} repositories", words::count(together.repositories))
    };
    let lines = &together.lines;
    let known = together.coverage.hits > 0 || lines.ai > 0 || lines.human > 0;
    let text = if known {
        format!(
            "{scope}: {} of recent lines have evidence; AI wrote at least {} of {}",
            words::percent(together.coverage.hits, together.coverage.of),
            words::floor_percent(lines.ai, lines.total),
            words::counted(lines.total, "line")
        )
    } else {
        format!(
            "{scope}: no line carries evidence of who wrote it; the AI share of {} is unknown",
            words::counted(lines.total, "line")
        )
    };
    let text = sheet.ink(Ink::Strong, &text);
    sheet.line(&text);
}

fn overview(sheet: &mut Sheet<'_>, report: &StatsReport) {
    sheet.heading("Repositories");
    let mut rows = vec![vec![
        cell("name").ink(Ink::Faint),
        number("evidence").ink(Ink::Faint),
        number("AI at least").ink(Ink::Faint),
        number("lines").ink(Ink::Faint),
        number("commits").ink(Ink::Faint),
    ]];
    for one in &report.repositories {
        let lines = &one.usage.lines;
        let recent = &one.usage.coverage.recent;
        rows.push(vec![
            cell(words::visible(&one.repository.name)),
            number(words::percent(recent.hits, recent.of)),
            number(ai_floor(lines)).ink(Ink::Ai),
            number(words::count(lines.total)),
            number(words::count(one.repository.commits)),
        ]);
    }
    sheet.table(2, &rows);
}

/// The AI share as a lower bound, or that nothing is known.
fn ai_floor(lines: &LineShares) -> String {
    if lines.ai == 0 && lines.human == 0 {
        "unknown".to_owned()
    } else {
        words::floor_percent(lines.ai, lines.total)
    }
}

fn broken_down(sheet: &mut Sheet<'_>, breakdown: &Breakdown) {
    sheet.heading(&format!("By {}", words::group_by(breakdown.by)));
    let rows: Vec<_> = breakdown
        .groups
        .iter()
        .map(|group| share_row(sheet, &group.name, &group.lines, group.commits))
        .collect();
    sheet.table(2, &rows);
}

fn share_row(
    sheet: &Sheet<'_>,
    name: &str,
    lines: &LineShares,
    commits: u64,
) -> Vec<super::layout::Cell> {
    let known = lines.ai + lines.human > 0;
    let share = if lines.total == 0 {
        0.0
    } else {
        lines.ai as f64 / lines.total as f64
    };
    let (ai, coverage) = if lines.total == 0 {
        (String::new(), String::new())
    } else {
        let ai = if known {
            format!(
                "AI at least {}",
                words::floor_percent(lines.ai, lines.total)
            )
        } else {
            "unknown".to_owned()
        };
        let known = words::percent(lines.ai + lines.human, lines.total);
        (ai, format!("{known} known"))
    };
    vec![
        cell(words::visible(name)),
        cell(sheet.bar(share, 20)).ink(if known { Ink::Ai } else { Ink::Faint }),
        number(ai),
        number(coverage).ink(Ink::Faint),
        number(words::counted(lines.total, "line")),
        number(words::counted(commits, "commit")).ink(Ink::Faint),
    ]
}

fn repository(sheet: &mut Sheet<'_>, one: &RepositoryStats) {
    let name = words::visible(&one.repository.name).into_owned();
    let mut title = name.clone();
    if let (Some(head), Some(time)) = (&one.repository.head, one.repository.head_time) {
        let _ = write!(
            title,
            "{}{} to {} of {}",
            sheet.dot(),
            words::counted(one.repository.commits, "commit"),
            head.short(),
            time.date()
        );
    }
    if one.repository.shallow {
        title.push_str(sheet.dot());
        title.push_str("shallow clone: history is cut off");
    }
    sheet.heading(&title);
    sections::coverage(sheet, &one.usage.coverage, &name);
    notes(sheet, &one.notes);
    sections::ai_share(sheet, &one.usage.coverage, &one.usage.lines);
    sections::tools(sheet, &one.usage.tools, 10);
    sections::advice(sheet, &one.usage.coverage);
    months(sheet, &one.usage.months);
    health(sheet, &one.health);
    sections::anomalies(sheet, &one.health.anomalies, 5);
    sections::shadow(sheet, &one.shadow_ai, false);
    pipeline(sheet, &one.pipeline);
    sections::diagnostics(sheet, &one.diagnostics, false);
}

fn notes(sheet: &mut Sheet<'_>, notes: &NoteCounts) {
    if notes.read + notes.read_oldest + notes.unreadable == 0 {
        return;
    }
    let mut text = format!(
        "{} read, {} on commits of this history",
        words::counted(notes.read + notes.read_oldest, "note"),
        words::count(notes.reachable)
    );
    for (n, what) in [
        (notes.unreadable, "unreadable"),
        (notes.absent_paths, "on paths that their commit lacks"),
        (notes.foreign_keys, "entries without metadata"),
        (notes.unknown_keys, "entries of unknown form"),
    ] {
        if n > 0 {
            let _ = write!(text, ", {} {what}", words::count(n));
        }
    }
    sheet.labelled("Notes", Ink::Faint, &text);
}

fn months(sheet: &mut Sheet<'_>, months: &[MonthUse]) {
    if months.is_empty() {
        return;
    }
    sheet.heading("Lines that still stand, by the month that added them");
    let rows: Vec<_> = months
        .iter()
        .skip(months.len().saturating_sub(MONTHS))
        .map(|month| share_row(sheet, &month.month, &month.lines, month.commits))
        .collect();
    sheet.table(2, &rows);
    if months.len() > MONTHS {
        let text = format!(
            "  {} earlier",
            words::counted((months.len() - MONTHS) as u64, "month")
        );
        let text = sheet.ink(Ink::Faint, &text);
        sheet.line(&text);
    }
}

fn health(sheet: &mut Sheet<'_>, health: &Health) {
    sheet.heading(&format!("Health of the last {} days", health.window_days));
    let unicode = sheet.style.unicode;
    let churn = &health.churn;
    sheet.labelled(
        "Churn",
        Ink::Plain,
        &format!(
            "{} added {} and removed {}",
            words::counted(churn.commits, "commit"),
            words::counted(churn.added, "line"),
            words::count(churn.removed)
        ),
    );
    let mut label = "Rework";
    for rework in health.rework.iter().filter(|rework| rework.lines.of > 0) {
        let text = format!(
            "{}: {} rewritten within {} days ({}, {})",
            words::origin_group(rework.group),
            words::percent(rework.lines.hits, rework.lines.of),
            rework.within_days,
            words::of(&rework.lines),
            words::interval(&rework.lines, unicode)
        );
        sheet.labelled(label, Ink::Plain, &text);
        label = "";
    }
    let mut label = "Survival";
    for survival in health.survival.iter().filter(|survival| survival.lines > 0) {
        let half = survival.half_life_days.map_or_else(
            || "more than half still stand".to_owned(),
            |days| format!("half are gone after {days} days"),
        );
        let points: Vec<_> = survival
            .curve
            .iter()
            .map(|point| format!("{:.0} % after {} days", point.alive * 100.0, point.days))
            .collect();
        let mut text = format!(
            "{}: {half}, of {}",
            words::origin_group(survival.group),
            words::counted(survival.lines, "line")
        );
        if !points.is_empty() {
            let _ = write!(text, "; alive: {}", points.join(", "));
        }
        sheet.labelled(label, Ink::Plain, &text);
        label = "";
    }
    review(sheet, health);
    if !health.hotspots.is_empty() {
        sheet.labelled("Hotspots", Ink::Plain, "files that change much and often");
        let rows: Vec<_> = health
            .hotspots
            .iter()
            .take(5)
            .map(|hotspot| {
                vec![
                    cell(words::visible(&hotspot.path.display())),
                    number(words::counted(hotspot.commits, "commit")),
                    number(format!("{} lines changed", words::count(hotspot.churn))),
                    number(format!(
                        "AI at least {}",
                        words::floor_percent(hotspot.ai.hits, hotspot.ai.of)
                    ))
                    .ink(Ink::Ai),
                ]
            })
            .collect();
        sheet.table(super::layout::LABEL, &rows);
    }
}

fn review(sheet: &mut Sheet<'_>, health: &Health) {
    let review = &health.review;
    if review.commits.of == 0 {
        return;
    }
    let mut text = format!(
        "at least {} of commits show a sign of review ({})",
        words::floor_percent(review.commits.hits, review.commits.of),
        words::of(&review.commits)
    );
    if review.ai_commits.of > 0 {
        let _ = write!(
            text,
            "; of those with AI at least {} ({})",
            words::floor_percent(review.ai_commits.hits, review.ai_commits.of),
            words::of(&review.ai_commits)
        );
    }
    sheet.labelled("Review", Ink::Plain, &text);
    for change in review.large_unreviewed.iter().take(3) {
        let text = format!(
            "{} {} {} ({} in {})",
            change.time.date(),
            change.commit.short(),
            words::visible(&change.subject),
            words::counted(change.added, "line"),
            words::counted(change.files, "file")
        );
        sheet.labelled(
            "",
            Ink::Medium,
            &format!("large AI change without a sign of review: {text}"),
        );
    }
}

fn pipeline(sheet: &mut Sheet<'_>, entries: &[Entry]) {
    if entries.is_empty() {
        return;
    }
    sheet.heading("Where AI and bots enter");
    let mut rows = vec![vec![
        cell("door").ink(Ink::Faint),
        cell("tool").ink(Ink::Faint),
        number("commits").ink(Ink::Faint),
        number("no sign of review").ink(Ink::Faint),
        cell("seen").ink(Ink::Faint),
        cell("rests on").ink(Ink::Faint),
    ]];
    rows.extend(entries.iter().map(|entry| {
        let (commits, unreviewed) = if entry.commits == 0 {
            (String::new(), String::new())
        } else {
            (words::count(entry.commits), words::count(entry.unreviewed))
        };
        vec![
            cell(words::entry(entry.kind)).ink(Ink::Faint),
            cell(words::visible(entry.tool.as_str())).ink(Ink::Ai),
            number(commits),
            number(unreviewed),
            cell(sections::period(entry.first_seen, entry.last_seen)).ink(Ink::Faint),
            cell(
                entry
                    .evidence
                    .first()
                    .map_or(String::new(), |e| words::visible(e).into_owned()),
            ),
        ]
    }));
    sheet.table(2, &rows);
}
