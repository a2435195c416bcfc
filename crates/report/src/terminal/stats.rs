//! `trueline stats`: who writes the code of one or many repositories, how it ages, and where AI
//! enters. Groups, never persons.

use std::fmt::Write as _;

use trueline_facts::health::Health;
use trueline_facts::pipeline::Entry;
use trueline_facts::stats::{Breakdown, GroupBy, NoteCounts, RepositoryStats, StatsReport};
use trueline_facts::usage::{LineShares, MonthUse};

use super::layout::{Ink, Sheet, bar, cell, number, whole};
use super::sections;
use crate::{Style, answer, words};

/// Large changes without review that are named before the rest are left to the other formats.
const LARGE_CHANGES: usize = 3;
/// Months drawn before older ones are left to the other formats.
const MONTHS: usize = 12;

/// Renders the report.
#[must_use]
pub fn stats(report: &StatsReport, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    opening(&mut sheet, report);
    if report.repositories.len() > 1 {
        overview(&mut sheet, report);
    }
    if let Some(breakdown) = &report.breakdown {
        broken_down(&mut sheet, breakdown);
    }
    if let Some(mine) = &report.mine {
        sheet.heading("My own lines (shown to nobody else)");
        sheet.table(2, &[share_row(&mine.name, &mine.lines, mine.commits)]);
        let addresses = report.mine_addresses.join(", ");
        let addresses = words::visible(&addresses);
        let text = if mine.commits == 0 {
            format!(
                "no line here is of a commit by {addresses}; another address of yours belongs into .mailmap, or git's user.email is not the one you commit with"
            )
        } else {
            format!("lines of commits by {addresses}")
        };
        sheet.hanging("  ", Ink::Faint, &text);
    }
    // Of one repository its months stand above already, all of them.
    let by_month = report
        .breakdown
        .as_ref()
        .is_some_and(|b| b.by == GroupBy::Month);
    let months_told = by_month && report.repositories.len() == 1;
    for one in &report.repositories {
        repository(&mut sheet, one, !months_told);
    }
    sections::diagnostics(&mut sheet, &report.diagnostics, true);
    sheet.finish()
}

fn opening(sheet: &mut Sheet<'_>, report: &StatsReport) {
    let interrupted = |one: &RepositoryStats| answer::is_interrupted(&one.diagnostics);
    if report.repositories.iter().any(interrupted) {
        let warning = sheet.ink(Ink::Strong, "INTERRUPTED, so this is a part of the answer");
        sheet.line(&warning);
    }
    let together = &report.together;
    let name = if let [only] = report.repositories.as_slice() {
        answer::name(&only.repository, only.scanned_path.as_ref())
    } else {
        format!("{} repositories", words::count(together.repositories))
    };
    let name = words::visible(&name);
    let text = match (
        answer::known_together(report),
        answer::unknown_together(report),
    ) {
        (Some(known), _) => format!("{name}: {known}"),
        (None, Some(unknown)) => format!("{name}: {unknown}"),
        (None, None) if together.lines.total == 0 => {
            format!("{name}: {}", answer::no_line_together(report))
        }
        (None, None) => format!(
            "{name}: {}; the AI share of {} is unknown",
            answer::no_evidence(report),
            words::counted(together.lines.total, "line")
        ),
    };
    let text = sheet.ink(Ink::Strong, &words::visible(&text));
    sheet.flow(2, &text);
}

/// Commits that the lines of a table can come from.
fn commits(one: &RepositoryStats) -> u64 {
    match one.since {
        Some(_) => one.usage.purposes.values().sum(),
        None => one.repository.commits,
    }
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
        let coverage = answer::coverage(one);
        rows.push(vec![
            cell(words::visible(&answer::name(
                &one.repository,
                one.scanned_path.as_ref(),
            ))),
            number(words::percent(coverage.hits, coverage.of)),
            number(words::ai_floor(lines)).ink(Ink::Ai),
            number(words::count(lines.total)),
            number(words::count(commits(one))),
        ]);
    }
    sheet.table(2, &rows);
}

fn broken_down(sheet: &mut Sheet<'_>, breakdown: &Breakdown) {
    sheet.heading(&format!("By {}", words::group_by(breakdown.by)));
    let rows: Vec<_> = breakdown
        .groups
        .iter()
        .map(|group| {
            let name = words::group(breakdown.by, &group.name);
            share_row(&name, &group.lines, group.commits)
        })
        .collect();
    sheet.table(2, &rows);
}

fn share_row(name: &str, lines: &LineShares, commits: u64) -> Vec<super::layout::Cell> {
    let known = lines.ai + lines.human > 0;
    let share = if lines.total == 0 {
        0.0
    } else {
        lines.ai_at_least() as f64 / lines.total as f64
    };
    let (ai, coverage) = if lines.total == 0 {
        (String::new(), String::new())
    } else {
        let ai = if known {
            format!("AI {}", words::ai_share(lines))
        } else {
            "unknown".to_owned()
        };
        let known = words::percent(lines.known(), lines.total);
        (ai, format!("{known} known"))
    };
    vec![
        cell(words::visible(name)),
        bar(share).ink(if known { Ink::Ai } else { Ink::Faint }),
        number(ai),
        number(coverage).ink(Ink::Faint),
        number(words::counted(lines.total, "line")),
        number(words::counted(commits, "commit")).ink(Ink::Faint),
    ]
}

fn repository(sheet: &mut Sheet<'_>, one: &RepositoryStats, with_months: bool) {
    let name = answer::name(&one.repository, one.scanned_path.as_ref());
    let name = words::visible(&name).into_owned();
    let mut title = name.clone();
    if let (Some(head), Some(time)) = (&one.repository.head, one.repository.head_time) {
        let _ = write!(
            title,
            "{}{} {} of {}",
            sheet.dot(),
            answer::commits(&one.repository, &one.diagnostics),
            head.short(),
            time.date()
        );
    }
    if let Some(since) = one.since {
        title.push_str(sheet.dot());
        title.push_str("only ");
        title.push_str(&answer::since(since));
    }
    sheet.heading(&title);
    let scope = sections::Scope {
        name: &name,
        since: one.since,
        is_cut: one.repository.shallow,
        diagnostics: &one.diagnostics,
    };
    let whose = answer::in_whole(one.scanned_path.as_ref());
    sections::cut(sheet, &scope);
    sections::coverage(sheet, &one.usage, &scope);
    notes(sheet, &one.notes);
    sections::ai_share(sheet, &one.usage, &scope);
    let is_judged = one.shadow_ai.approved.is_some();
    sections::tools(sheet, &one.usage.tools, is_judged, &scope, 10);
    sections::advice(sheet, &one.usage.coverage);
    if with_months {
        months(sheet, &one.usage.months, one.usage.coverage.undated);
    }
    let remark = answer::as_far_as_read(&one.diagnostics);
    health(sheet, &one.health, whose, remark);
    sections::anomalies(sheet, &one.health.anomalies, whose, 5);
    sections::shadow(sheet, &one.shadow_ai, &one.usage.tools, whose, false);
    pipeline(sheet, &one.pipeline, whose);
    sections::diagnostics(sheet, &one.diagnostics, false);
}

fn notes(sheet: &mut Sheet<'_>, notes: &NoteCounts) {
    if notes.read + notes.read_oldest + notes.unreadable == 0 {
        return;
    }
    let mut text = format!(
        "{} read, {} on commits of this history",
        words::counted(notes.read + notes.read_oldest, "note"),
        words::count(notes.reachable + notes.reachable_oldest)
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

fn months(sheet: &mut Sheet<'_>, months: &[MonthUse], undated: u64) {
    if months.is_empty() {
        return;
    }
    sheet.heading("Lines that still stand, by the month that added them");
    let rows: Vec<_> = months
        .iter()
        .skip(months.len().saturating_sub(MONTHS))
        .map(|month| share_row(&month.month, &month.lines, month.standing_commits))
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
    if undated > 0 {
        sheet.hanging("  ", Ink::Faint, &words::in_no_month(undated));
    }
}

fn health(sheet: &mut Sheet<'_>, health: &Health, whose: &str, remark: &str) {
    sheet.heading(&format!(
        "Health of the last {} days{whose}",
        health.window_days
    ));
    let unicode = sheet.style.unicode;
    sheet.labelled("Churn", Ink::Plain, &words::churn(&health.churn, remark));
    if let Some(text) = words::unread_changes(health, remark) {
        sheet.labelled("", Ink::Medium, &text);
    }
    let mut label = "Rework";
    for rework in health.rework.iter().filter(|rework| rework.lines.of > 0) {
        sheet.labelled(label, Ink::Plain, &words::rework(rework, unicode));
        label = "";
    }
    if let Some(text) = words::perhaps_ai_lines(health) {
        sheet.labelled(label, Ink::Faint, &text);
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
            .map(|point| {
                let (alive, of) = words::alive(point);
                format!("{} after {} days", words::percent(alive, of), point.days)
            })
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
                    number(format!("{} changed", words::counted(hotspot.churn, "line"))),
                    number(if hotspot.ai.of == 0 {
                        "empty now".to_owned()
                    } else {
                        format!("AI {}", words::ai_share_of(hotspot))
                    })
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
        "{} of commits came in by a request or name a reviewer ({})",
        words::at_least(&review.commits),
        words::of(&review.commits)
    );
    if review.ai_commits.of > 0 {
        let _ = write!(
            text,
            "; of those with AI {} ({})",
            words::at_least(&review.ai_commits),
            words::of(&review.ai_commits)
        );
    }
    sheet.labelled("Review", Ink::Plain, &text);
    if let Some(told) = &review.told {
        let text = format!(
            "{} of those whose reviews were imported a person approved who did not open the request ({})",
            words::percent(told.hits, told.of),
            words::of(told)
        );
        sheet.labelled("", Ink::Plain, &text);
    }
    for change in review.large_unreviewed.iter().take(LARGE_CHANGES) {
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
    if let Some(more) = words::more_unreviewed(review, LARGE_CHANGES) {
        sheet.labelled("", Ink::Medium, &more);
    }
}

fn pipeline(sheet: &mut Sheet<'_>, entries: &[Entry], whose: &str) {
    if entries.is_empty() {
        return;
    }
    sheet.heading(&format!("Where AI and bots enter{whose}"));
    let mut rows = vec![vec![
        cell("door").ink(Ink::Faint),
        cell("tool").ink(Ink::Faint),
        number("commits").ink(Ink::Faint),
        number("by a hint").ink(Ink::Faint),
        number("unreviewed").ink(Ink::Faint),
        cell("seen").ink(Ink::Faint),
        cell("rests on").ink(Ink::Faint),
    ]];
    rows.extend(entries.iter().map(|entry| {
        let [commits, hinted, unreviewed] = if entry.commits == 0 {
            [const { String::new() }; 3]
        } else {
            let sure = entry.commits.saturating_sub(entry.hinted);
            [sure, entry.hinted, entry.unreviewed].map(words::count)
        };
        vec![
            cell(words::entry(entry.kind)).ink(Ink::Faint),
            cell(words::tool(&entry.tool)).ink(Ink::Ai),
            number(commits),
            number(hinted),
            number(unreviewed),
            whole(sections::period(entry.first_seen, entry.last_seen)).ink(Ink::Faint),
            cell(match entry.evidence.as_slice() {
                [] => String::new(),
                [only] => words::visible(only).into_owned(),
                [first, more @ ..] => {
                    format!("{} and {} more", words::visible(first), more.len())
                }
            }),
        ]
    }));
    sheet.table(2, &rows);
    if entries.iter().any(|entry| entry.hinted > 0) {
        sheet.flow(
            2,
            "By a hint: of these commits nothing else speaks (a branch that the tool names, for example), and they do not count as its use.",
        );
    }
    if entries.iter().any(|entry| entry.evidence.len() > 1) {
        sheet.flow(
            2,
            "All that each rests on: `--format html` or `--format json`.",
        );
    }
}
