//! One finding as a compiler prints a diagnostic: severity and rule, place, source line with the
//! range underlined, the way the value took, who wrote the line, how to mend it.

use std::fmt::Write as _;
use std::ops::Range;

use trueline_facts::{Author, Finding, Location, Severity};
use unicode_width::UnicodeWidthChar as _;

use super::layout::{Ink, Sheet, clip};
use crate::words;

/// Steps of a trace that are printed; the middle of a longer one is left out and counted.
const STEPS: usize = 8;
/// Lines of a patch that are shown.
const MAX_PATCH_LINES: usize = 6;

/// Words beside a place need so many columns; with fewer they stand below it.
const NARROW: usize = 20;

/// Columns of a tab stop in source lines.
const TAB: usize = 4;

pub(super) const fn severity_ink(severity: Severity) -> Ink {
    match severity {
        Severity::Critical => Ink::Critical,
        Severity::High => Ink::High,
        Severity::Medium => Ink::Medium,
        Severity::Low => Ink::Low,
    }
}

/// Prints one finding.
pub(super) fn finding(sheet: &mut Sheet<'_>, finding: &Finding) {
    sheet.gap();
    headline(sheet, finding);
    let gutter = finding.location.start.line.to_string().len();
    place(sheet, finding, gutter);
    source_line(sheet, finding, gutter);
    let note = format!("{} = ", " ".repeat(gutter));
    trace(sheet, finding, &note);
    if let Some(origin) = &finding.origin {
        let ink = match origin.author {
            Author::Ai { .. } => Ink::Ai,
            Author::Human { .. } => Ink::Human,
            Author::Unknown => Ink::Faint,
        };
        sheet.hanging(
            &format!("{note}origin: "),
            ink,
            &words::origin_phrase(origin),
        );
    }
    if let Some(fix) = &finding.fix {
        sheet.hanging(
            &format!("{note}help: "),
            Ink::Good,
            &words::visible(&fix.description),
        );
        if let Some(patch) = &fix.patch {
            sheet.hanging(
                &format!("{note}fix: "),
                Ink::Good,
                &words::visible(&words::patch(patch)),
            );
            let lines = patch.edits.iter().flat_map(|e| e.replacement.lines());
            for line in lines.take(MAX_PATCH_LINES) {
                let text = clip(
                    &words::visible(line),
                    sheet.width().saturating_sub(gutter + 5),
                    sheet.style.unicode,
                );
                let text = sheet.ink(Ink::Good, &format!("+ {text}"));
                sheet.line(&format!("{}   {text}", " ".repeat(gutter)));
            }
        }
    }
}

fn headline(sheet: &mut Sheet<'_>, finding: &Finding) {
    let tag = format!(
        "{}[{}]",
        words::severity(finding.severity),
        words::visible(finding.rule.as_str())
    );
    let mut text = format!(
        "{}: {}",
        sheet.ink(severity_ink(finding.severity), &tag),
        sheet.ink(Ink::Strong, &words::visible(&finding.message))
    );
    if let Some(cwe) = finding.cwe.first() {
        let url = format!("https://cwe.mitre.org/data/definitions/{}.html", cwe.0);
        text.push_str(" (");
        text.push_str(&sheet.link(&url, &cwe.to_string()));
        text.push(')');
    }
    if finding.engine != "trueline" {
        let _ = write!(text, " [{}]", words::visible(&finding.engine));
    }
    sheet.flow(4, &text);
}

fn place(sheet: &mut Sheet<'_>, finding: &Finding, gutter: usize) {
    let mut text = format!(
        "{}{} {}",
        " ".repeat(gutter),
        sheet.ink(Ink::Low, "-->"),
        position(&finding.location)
    );
    if !finding.symbol.is_empty() {
        let symbol = format!(" in {}", words::visible(&finding.symbol));
        text.push_str(&sheet.ink(Ink::Faint, &symbol));
    }
    sheet.line(&text);
}

/// `path:line:column`, as editors and terminals make clickable.
pub(super) fn position(location: &Location) -> String {
    format!(
        "{}:{}:{}",
        words::visible(&location.path.display()),
        location.start.line,
        location.start.column
    )
}

/// The source line, its indentation removed, with carets under the range.
fn source_line(sheet: &mut Sheet<'_>, finding: &Finding, gutter: usize) {
    let location = &finding.location;
    if location.snippet.trim().is_empty() {
        return;
    }
    let room = sheet.width().saturating_sub(gutter + 3);
    let range = words::marked(location);
    let (text, from, len) = excerpt(location, range.clone().unwrap_or(0..1), room);
    let bar = sheet.ink(Ink::Low, "|");
    let blank = " ".repeat(gutter);
    let line = sheet.ink(Ink::Low, &location.start.line.to_string());
    sheet.line(&format!("{blank} {bar}"));
    sheet.line(&format!("{line} {bar} {text}"));
    if range.is_none() {
        return;
    }
    let carets = sheet.ink(severity_ink(finding.severity), &"^".repeat(len));
    sheet.line(&format!("{blank} {bar} {}{carets}", " ".repeat(from)));
}

/// The visible part of a snippet, and where in it the range starts and how long it is, in columns.
fn excerpt(location: &Location, range: Range<usize>, room: usize) -> (String, usize, usize) {
    let Range { start, end } = range;
    // Cells: each source character as it is shown, with its index in the source.
    let indent = location
        .snippet
        .chars()
        .take_while(|c| c.is_whitespace())
        .count()
        .min(start);
    let mut shown: Vec<(usize, String, usize)> = Vec::new();
    for (index, c) in location.snippet.chars().enumerate().skip(indent) {
        let text = match c {
            '\t' => " ".repeat(TAB),
            c if words::is_deceptive(c) => words::visible(c.encode_utf8(&mut [0; 4])).into_owned(),
            c => c.to_string(),
        };
        let width = text.chars().map(|c| c.width().unwrap_or(0)).sum();
        shown.push((index, text, width));
    }
    // A long line is shown from a little before the range.
    let total: usize = shown.iter().map(|(_, _, width)| width).sum();
    let before: usize = shown
        .iter()
        .filter(|(index, ..)| *index < start)
        .map(|(_, _, width)| width)
        .sum();
    let mut skip = if total > room && before > room / 2 {
        before - room / 4
    } else {
        0
    };
    let mut text = String::new();
    if skip > 0 {
        text.push_str("...");
    }
    let (mut used, mut from, mut len) = (text.len(), None, 0);
    let tail = if total > skip + room { 3 } else { 0 };
    for (index, piece, width) in &shown {
        if skip > 0 {
            skip = skip.saturating_sub(*width);
            continue;
        }
        if used + width > room.saturating_sub(tail) {
            text.push_str("...");
            break;
        }
        if (start..end).contains(index) {
            from.get_or_insert(used);
            len += width;
        }
        text.push_str(piece);
        used += width;
    }
    (text, from.unwrap_or(used), len.max(1))
}

fn trace(sheet: &mut Sheet<'_>, finding: &Finding, note: &str) {
    let total = finding.trace.len();
    let width = finding
        .trace
        .iter()
        .map(|step| position(&step.location).len())
        .max()
        .unwrap_or(0)
        .min(48);
    for (index, step) in finding.trace.iter().enumerate() {
        let hidden = total.saturating_sub(STEPS);
        if hidden > 0 && index >= STEPS / 2 && index < STEPS / 2 + hidden {
            if index == STEPS / 2 {
                let text = format!("... {} between", words::counted(hidden as u64, "step"));
                sheet.hanging(&format!("{note}      "), Ink::Faint, &text);
            }
            continue;
        }
        let label = match index {
            0 => "from: ",
            i if i + 1 == total => "  to: ",
            _ => " via: ",
        };
        let at = super::layout::pad(&position(&step.location), width);
        let message = words::visible(&step.message).into_owned();
        let before = format!("{note}{label}{at}  ");
        if before.len() + NARROW > sheet.width() {
            sheet.line(&before);
            sheet.hanging(&" ".repeat(note.len() + label.len()), Ink::Plain, &message);
        } else {
            sheet.hanging(&before, Ink::Plain, &message);
        }
    }
}
