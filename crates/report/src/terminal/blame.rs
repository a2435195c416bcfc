//! `trueline blame`: the file, each line behind a gutter of commit, person, date and origin. The
//! gutter is printed where it changes; a letter on every line says who wrote it without colour.

use std::collections::BTreeMap;

use trueline_facts::blame::{BlameReport, BlameRun};
use trueline_facts::{Author, Diagnostic, EvidenceClass};

use super::layout::{Ink, Sheet, clip, pad};
use crate::{Style, words};

/// Renders the file. `lines` are its lines without their ends.
#[must_use]
pub fn blame(report: &BlameReport, lines: &[&str], style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    summary(&mut sheet, report);
    sheet.gap();
    let unicode = style.unicode;
    let who = column(report, 18, |run| words::person(&run.person).into_owned());
    let origin = column(report, 24, tool);
    let number = lines.len().max(1).to_string().len();
    for run in &report.runs {
        for offset in 0..run.len {
            let line = run.start.saturating_add(offset);
            let (letter, ink) = mark(run);
            let gutter = if offset == 0 {
                format!(
                    "{}{} {} {} {}",
                    if run.boundary { '^' } else { ' ' },
                    run.commit.short(),
                    pad(&clip(&words::person(&run.person), who, unicode), who),
                    run.time.date(),
                    pad(&clip(&tool(run), origin, unicode), origin)
                )
            } else {
                " ".repeat(1 + 10 + 1 + who + 1 + 10 + 1 + origin)
            };
            let text = lines
                .get(line.saturating_sub(1) as usize)
                .map_or(String::new(), |text| {
                    words::visible(&text.replace('\t', "    ")).into_owned()
                });
            let gutter = sheet.ink(if offset == 0 { ink } else { Ink::Plain }, &gutter);
            let letter = sheet.ink(ink, letter);
            let shown = sheet.ink(Ink::Faint, &format!("{line:>number$}"));
            let bar = if unicode { '│' } else { '|' };
            sheet.line(&format!("{gutter} {letter} {shown} {bar} {text}"));
        }
    }
    known(&mut sheet, report);
    unexplained(&mut sheet, report);
    notes(&mut sheet, &report.diagnostics);
    sheet.finish()
}

/// How it is known who wrote the lines: evidence and confidence, most lines first.
fn known(sheet: &mut Sheet<'_>, report: &BlameReport) {
    const MOST: usize = 10;
    let mut by_phrase: BTreeMap<String, (u64, Ink)> = BTreeMap::new();
    let runs = report.runs.iter();
    for run in runs.filter(|run| run.origin.author != Author::Unknown) {
        let phrase = words::origin_phrase(&run.origin);
        let lines = by_phrase.entry(phrase).or_insert((0, mark(run).1));
        lines.0 += u64::from(run.len);
    }
    if by_phrase.is_empty() {
        return;
    }
    let mut order: Vec<(String, (u64, Ink))> = by_phrase.into_iter().collect();
    order.sort_by_key(|(_, (lines, _))| std::cmp::Reverse(*lines));
    sheet.gap();
    for (phrase, (lines, ink)) in order.iter().take(MOST) {
        let lines = sheet.ink(*ink, &words::counted(*lines, "line"));
        sheet.flow(4, &format!("  {lines} {phrase}"));
    }
    if order.len() > MOST {
        sheet.line(&format!("  and {} more", order.len() - MOST));
    }
}

/// What was recorded of unknown lines without saying who wrote them.
fn unexplained(sheet: &mut Sheet<'_>, report: &BlameReport) {
    const MOST: usize = 10;
    let told: Vec<String> = report
        .runs
        .iter()
        .filter(|run| run.origin.author == Author::Unknown)
        .filter_map(|run| {
            let mut evidence = run.origin.evidence.iter();
            let found = evidence.find(|e| e.class == EvidenceClass::Unexplained)?;
            let last = run.start.saturating_add(run.len.saturating_sub(1));
            let source = words::visible(&found.source);
            Some(format!("  {}-{last}: {source}", run.start))
        })
        .collect();
    if told.is_empty() {
        return;
    }
    sheet.gap();
    sheet.line("Recorded, but not by whom:");
    for line in told.iter().take(MOST) {
        sheet.line(line);
    }
    if told.len() > MOST {
        sheet.line(&format!("  and {} more", told.len() - MOST));
    }
}

fn summary(sheet: &mut Sheet<'_>, report: &BlameReport) {
    let runs = report.runs.iter();
    let lines = words::shares(runs.map(|run| (run.len, &run.origin)));
    let (total, known) = (lines.total, lines.known());
    let path = words::visible(&report.path.display()).into_owned();
    let text = if total == 0 {
        format!("{path}: empty")
    } else if known == 0 && lines.ai == 0 {
        format!(
            "{path}: {}; none carries evidence of who wrote it",
            words::counted(total, "line")
        )
    } else if known == 0 {
        format!(
            "{path}: {}; none says who wrote it; AI wrote up to {}, as a squash or a larger commit names it for all of them",
            words::counted(total, "line"),
            words::percent(lines.ai, total)
        )
    } else {
        format!(
            "{path}: {} of {} {} who wrote {}; AI wrote {}, people {}",
            words::percent(known, total),
            words::counted(total, "line"),
            if total == 1 { "says" } else { "say" },
            if total == 1 { "it" } else { "them" },
            words::ai_share(&lines),
            words::percent(lines.human, total)
        )
    };
    let text = sheet.ink(Ink::Strong, &text);
    sheet.flow(2, &text);
    let perhaps = match lines.ai_upper_bound {
        0 => "",
        _ => "p perhaps by AI, ",
    };
    // Of a whole commit it is not known which lines.
    let shared = match lines.ai_of_shared_commits() {
        0 => "",
        _ => " or in a commit in which it took part",
    };
    let key = sheet.ink(
        Ink::Faint,
        &format!(
            "A written by AI{shared}, a AI and then edited by a person, {perhaps}H by a person, ? unknown"
        ),
    );
    sheet.flow(2, &key);
}

fn mark(run: &BlameRun) -> (&'static str, Ink) {
    match &run.origin.author {
        Author::Ai { .. } if run.origin.is_upper_bound() => ("p", Ink::Ai),
        Author::Ai {
            human_touched: true,
            ..
        } => ("a", Ink::Ai),
        Author::Ai { .. } => ("A", Ink::Ai),
        Author::Human { .. } => ("H", Ink::Human),
        Author::Unknown => ("?", Ink::Faint),
    }
}

/// Tool and model, or `human`, or nothing for unknown: the letter says it.
fn tool(run: &BlameRun) -> String {
    match &run.origin.author {
        Author::Ai {
            tool,
            model: Some(model),
            ..
        } => format!("{} {}", words::tool(tool), words::visible(model.as_str())),
        Author::Unknown => String::new(),
        _ => words::origin_short(&run.origin).into_owned(),
    }
}

fn column(report: &BlameReport, most: usize, text: impl Fn(&BlameRun) -> String) -> usize {
    use unicode_width::UnicodeWidthStr as _;
    report
        .runs
        .iter()
        .map(|run| text(run).width())
        .max()
        .unwrap_or(0)
        .min(most)
}

fn notes(sheet: &mut Sheet<'_>, diagnostics: &[Diagnostic]) {
    super::sections::diagnostics(sheet, diagnostics, true);
}
