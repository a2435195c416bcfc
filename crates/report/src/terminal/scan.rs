//! `trueline scan` on one screen: the answer, what is known about origins, the weaknesses per exposed
//! site and what was looked for in vain, the worst findings, and what could not be read.

use trueline_facts::Finding;
use trueline_facts::scan::{ScanReport, WeaknessRate};
use trueline_facts::usage::Usage;

use super::finding::{finding, severity_ink};
use super::layout::{Ink, Sheet, cell, number, whole};
use super::sections;
use crate::answer::WithoutOrigins;
use crate::words::SiteRate;
use crate::{Style, answer, select, words};

/// Weaknesses listed before the rest is only counted.
const WEAKNESSES: usize = 8;

/// Renders the first screen; `show_all` lists every finding of every tier and every diagnostic.
#[must_use]
pub fn scan(report: &ScanReport, style: &Style, show_all: bool) -> String {
    let mut sheet = Sheet::new(style);
    let findings = select::findings(report, show_all);
    opening(&mut sheet, report, &findings);
    context(&mut sheet, report);
    sheet.gap();
    match &report.usage {
        Some(usage) => who(&mut sheet, report, usage),
        None => sheet.labelled("Evidence", Ink::Plain, without_origins(report)),
    }
    weaknesses(&mut sheet, report, show_all);
    done_well(&mut sheet, report);
    list(&mut sheet, report, &findings, show_all);
    let whose = answer::in_whole(report.scanned_path.as_ref());
    if let Some(health) = &report.health {
        sections::anomalies(
            &mut sheet,
            &health.anomalies,
            whose,
            if show_all { usize::MAX } else { 5 },
        );
    }
    let tools = answer::tools(report.usage.as_ref());
    sections::shadow(&mut sheet, &report.shadow_ai, tools, whose, show_all);
    sections::diagnostics(&mut sheet, &report.diagnostics, show_all);
    closing(&mut sheet, &findings);
    sheet.finish()
}

/// Renders the findings and nothing else, with what kept files from being read.
#[must_use]
pub fn scan_findings(report: &ScanReport, style: &Style, show_all: bool) -> String {
    let mut sheet = Sheet::new(style);
    let findings = select::findings(report, show_all);
    opening(&mut sheet, report, &findings);
    list(&mut sheet, report, &findings, show_all);
    sections::diagnostics(&mut sheet, &report.diagnostics, show_all);
    sheet.finish()
}

fn without_origins(report: &ScanReport) -> &'static str {
    match WithoutOrigins::of(report) {
        WithoutOrigins::OutsideGit => {
            "none: this is not a git repository with history, so origins cannot be known. Run `git init` and commit, then scan again."
        }
        WithoutOrigins::NotRead => {
            "not read: nothing was found, so there is no line to say who wrote it. A plain `trueline scan` reads it."
        }
        WithoutOrigins::Damaged => {
            "none: the history of this repository cannot be read, so origins are not known; the notes below say why and what helps."
        }
    }
}

fn opening(sheet: &mut Sheet<'_>, report: &ScanReport, findings: &[&Finding]) {
    if answer::is_interrupted(&report.diagnostics) {
        let warning = sheet.ink(Ink::Strong, "INTERRUPTED, so this is a part of the answer");
        sheet.line(&warning);
    }
    let found = answer::found(report, findings);
    let found = words::visible(&found);
    let text = if !findings.is_empty() {
        let counts: Vec<_> = select::severities(findings)
            .into_iter()
            .map(|(severity, n)| {
                let text = format!("{} {}", words::count(n), words::severity(severity));
                sheet.ink(severity_ink(severity), &text)
            })
            .collect();
        format!("{}: {}", sheet.ink(Ink::Strong, &found), counts.join(", "))
    } else if answer::files_read(report) == 0 {
        sheet.ink(Ink::Strong, &found)
    } else {
        sheet.ink(Ink::Good, &found)
    };
    sheet.flow(2, &text);
}

/// What was looked at, in one faint line.
fn context(sheet: &mut Sheet<'_>, report: &ScanReport) {
    let repository = &report.repository;
    let mut facts = Vec::new();
    if let Some(head) = &repository.head {
        let date = repository
            .head_time
            .map_or(String::new(), |time| format!(" of {}", time.date()));
        facts.push(format!(
            "{} {}{date}",
            answer::commits(repository, &report.diagnostics),
            head.short()
        ));
    }
    let read = answer::files_read(report);
    if read > 0 {
        let lines = report.sources.languages.values().map(|l| l.lines).sum();
        let names: Vec<_> = report
            .sources
            .languages
            .iter()
            .filter(|(_, language)| language.parsed + language.partial > 0)
            .map(|(name, _)| words::visible(name))
            .collect();
        facts.push(format!(
            "{} and {} read in {}",
            words::counted(read, "file"),
            words::counted(lines, "line"),
            names.join(", ")
        ));
    }
    let partial: u64 = report.sources.languages.values().map(|l| l.partial).sum();
    if partial > 0 {
        facts.push(format!("{} in part", words::count(partial)));
    }
    let skipped = answer::files_skipped(report);
    if skipped > 0 {
        facts.push(format!("{} skipped", words::counted(skipped, "file")));
    }
    if report.sources.unsupported_files > 0 {
        facts.push(format!(
            "{} in other languages not judged",
            words::counted(report.sources.unsupported_files, "file")
        ));
    }
    if report.sources.searched_files > 0 {
        facts.push(format!(
            "{} looked through for secrets alone",
            words::counted(report.sources.searched_files, "file")
        ));
    }
    if !facts.is_empty() {
        let text = facts.join(sheet.dot());
        sheet.hanging("", Ink::Faint, &text);
    }
}

fn done_well(sheet: &mut Sheet<'_>, report: &ScanReport) {
    let clean = select::done_well(report);
    if clean.is_empty() {
        return;
    }
    let mut parts: Vec<_> = clean
        .iter()
        .take(4)
        .map(|(rate, sites)| {
            let sites = if *sites == 1 {
                "the only site".to_owned()
            } else {
                format!("any of {} sites", words::count(*sites))
            };
            format!("{} at {sites}", words::visible(rate.rule.as_str()))
        })
        .collect();
    if clean.len() > parts.len() {
        parts.push(format!(
            "{} more",
            words::counted((clean.len() - 4) as u64, "rule")
        ));
    }
    sheet.gap();
    sheet.labelled("None found", Ink::Good, &parts.join(", "));
}

fn who(sheet: &mut Sheet<'_>, report: &ScanReport, usage: &Usage) {
    let name = answer::scanned(report);
    let name = words::visible(&name);
    let scope = sections::Scope {
        name: &name,
        since: None,
        is_cut: report.repository.shallow,
        diagnostics: &report.diagnostics,
    };
    if report.diff_base.is_some() {
        let text = format!(
            "Evidence and AI share are those of all lines of {name}, not only of the changed ones."
        );
        sheet.hanging("", Ink::Faint, &text);
    }
    sections::cut(sheet, &scope);
    sections::coverage(sheet, usage, &scope);
    sections::ai_share(sheet, usage, &scope);
    let is_judged = report.shadow_ai.approved.is_some();
    sections::tools(sheet, &usage.tools, is_judged, &scope, 6);
    sections::advice(sheet, &usage.coverage);
}

fn weaknesses(sheet: &mut Sheet<'_>, report: &ScanReport, show_all: bool) {
    let weak = select::weak(report);
    if weak.is_empty() {
        return;
    }
    sheet.heading("Weaknesses per exposed site (95 % interval)");
    let mut rows = vec![vec![
        cell("rule").ink(Ink::Faint),
        cell("severity").ink(Ink::Faint),
        number("known AI").ink(Ink::Faint),
        cell(""),
        number("not known AI").ink(Ink::Faint),
        cell(""),
    ]];
    let limit = if show_all { usize::MAX } else { WEAKNESSES };
    for rate in weak.iter().take(limit) {
        rows.push(row(sheet, rate));
    }
    sheet.table(2, &rows);
    let perhaps = words::perhaps_ai_sites(weak.iter().copied());
    if !perhaps.is_empty() {
        let text = sheet.ink(Ink::Faint, &perhaps);
        sheet.flow(2, &text);
    }
    if weak.len() > limit {
        let text = format!(
            "  and {}: --all lists them",
            words::counted((weak.len() - limit) as u64, "rule")
        );
        let text = sheet.ink(Ink::Faint, &text);
        sheet.line(&text);
    }
}

fn row(sheet: &Sheet<'_>, rate: &WeaknessRate) -> Vec<super::layout::Cell> {
    let (ai, ai_interval) = figures(sheet, SiteRate::known_ai(rate));
    let (other, other_interval) = figures(sheet, SiteRate::not_known_ai(rate));
    vec![
        cell(words::visible(rate.rule.as_str())),
        cell(words::severity(rate.severity)).ink(severity_ink(rate.severity)),
        number(ai).ink(Ink::Ai),
        whole(ai_interval).ink(Ink::Faint),
        number(other),
        whole(other_interval).ink(Ink::Faint),
    ]
}

fn figures(sheet: &Sheet<'_>, rate: SiteRate<'_>) -> (String, String) {
    let p = rate.shown;
    if p.of == 0 {
        return ("no site".to_owned(), String::new());
    }
    let doubt = rate.less_certain();
    if rate.is_doubted_zero() {
        return (format!("{} shown", words::of(p)), doubt.unwrap_or_default());
    }
    let interval = rate.interval(sheet.style.unicode);
    let parts = [
        interval.map(|interval| format!("({interval})")),
        doubt.map(|doubt| format!("+ {doubt}")),
    ];
    (
        format!("{}  {}", words::of(p), words::percent(p.hits, p.of)),
        parts.into_iter().flatten().collect::<Vec<_>>().join(" "),
    )
}

fn list(sheet: &mut Sheet<'_>, report: &ScanReport, findings: &[&Finding], show_all: bool) {
    if findings.is_empty() {
        answered(sheet, report);
        less_certain(sheet, report, findings.len());
        return;
    }
    let limit = if show_all { usize::MAX } else { select::WORST };
    if findings.len() > limit {
        sheet.heading(&format!(
            "Findings: the {limit} worst of {}",
            words::count(findings.len() as u64)
        ));
    } else {
        sheet.heading("Findings");
    }
    for one in findings.iter().take(limit) {
        finding(sheet, one);
    }
    if findings.len() > limit {
        sheet.gap();
        let text = format!(
            "{} in this list: `--format html` and `--format json` have them all",
            words::counted((findings.len() - limit) as u64, "more finding")
        );
        sheet.hanging("", Ink::Faint, &text);
    }
    answered(sheet, report);
    if !show_all {
        less_certain(sheet, report, findings.len());
    }
}

/// How many findings of the second tier there are beside those listed.
fn less_certain(sheet: &mut Sheet<'_>, report: &ScanReport, listed: usize) {
    let hidden = answer::uncertain(report, listed);
    if hidden == 0 {
        return;
    }
    sheet.gap();
    let text = format!(
        "{} less certain {} not shown (`--all` lists {})",
        words::count(hidden),
        if hidden == 1 {
            "finding is"
        } else {
            "findings are"
        },
        if hidden == 1 { "it" } else { "them" }
    );
    sheet.hanging("", Ink::Faint, &text);
}

/// How many findings people have answered already.
fn answered(sheet: &mut Sheet<'_>, report: &ScanReport) {
    let by_baseline = answer::in_baseline(report);
    let by_comment = answer::by_comment(report);
    let mut parts = Vec::new();
    if by_comment > 0 {
        parts.push(format!(
            "{} answered by a comment",
            words::counted(by_comment, "finding")
        ));
    }
    if by_baseline > 0 {
        parts.push(format!(
            "{} in the baseline",
            words::counted(by_baseline, "finding")
        ));
    }
    if !parts.is_empty() {
        sheet.gap();
        let text = sheet.ink(Ink::Faint, &format!("Not reported: {}", parts.join(", ")));
        sheet.line(&text);
    }
}

fn closing(sheet: &mut Sheet<'_>, findings: &[&Finding]) {
    let mut next = Vec::new();
    // Rules of other tools have no page here.
    if let Some(first) = findings.iter().find(|one| one.engine == "trueline") {
        next.push(format!(
            "`trueline rules explain {}` tells more about the worst finding",
            words::visible(first.rule.as_str())
        ));
    }
    next.push("`--format html --output report.html` draws it".to_owned());
    sheet.gap();
    sheet.labelled("Next", Ink::Plain, &next.join("; "));
}
