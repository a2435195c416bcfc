//! A review with the findings on changed lines, and their safe fixes as suggestions that one click takes.

use std::fmt::Write as _;

use serde_json::{Value, json};
use trueline_facts::scan::ScanReport;
use trueline_facts::{Applicability, Finding, Patch};

use super::ChangedLines;
use crate::markdown::{code, fence, text};
use crate::{select, words};

/// More would bury a change under remarks; the summary has the rest.
const MOST: usize = 10;
/// Larger fixes are looked at in the report, not taken by a click.
const MOST_LINES: u32 = 20;
const MARKER: &str = "<!-- trueline:finding ";

/// A review and what it leaves out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Review {
    /// The body of the request; nothing where there is nothing new to say.
    pub body: Option<String>,
    /// Findings that are said.
    pub said: usize,
    /// Findings that have no room, or whose line the diff does not show.
    pub left: usize,
}

/// Makes a review. `said_before` are the comments of the change as the API lists them; `source` gives the text of a file
/// as it is at `commit`.
#[must_use]
pub fn review(
    report: &ScanReport,
    changed: &ChangedLines,
    said_before: &Value,
    commit: &str,
    source: impl Fn(&str) -> Option<String>,
) -> Review {
    let before: Vec<&str> = said_before
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|comment| comment.get("body")?.as_str())
        .collect();
    let mut comments = Vec::new();
    let mut left = 0;
    for finding in select::findings(report, false) {
        let marker = marker(finding);
        if before.iter().any(|body| body.contains(&marker)) {
            continue;
        }
        let path = finding.location.path.display();
        let line = finding.location.start.line;
        if comments.len() == MOST || !changed.show(&path, &(line..=line)) {
            left += 1;
            continue;
        }
        let suggestion = finding
            .fix
            .as_ref()
            .and_then(|fix| fix.patch.as_ref())
            .and_then(|patch| suggestion(patch, &source(&path)?))
            .filter(|s| changed.show(&path, &(s.first..=s.last)));
        comments.push(comment(finding, &marker, suggestion.as_ref()));
    }
    let said = comments.len();
    let body = (said > 0).then(|| {
        json!({"commit_id": commit, "event": "COMMENT", "comments": comments}).to_string()
    });
    Review { body, said, left }
}

/// By this a later run sees that it was said. A fingerprint of another tool may hold anything.
fn marker(finding: &Finding) -> String {
    let id: String = finding
        .fingerprint
        .as_str()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    format!("{MARKER}{id} -->")
}

struct Suggestion {
    first: u32,
    last: u32,
    lines: String,
}

fn comment(finding: &Finding, marker: &str, suggestion: Option<&Suggestion>) -> Value {
    let mut body = format!(
        "{marker}\n**{}** {} ({})\n",
        words::severity(finding.severity),
        text(&words::visible(&finding.message)),
        code(finding.rule.as_str())
    );
    // Writing to a string cannot fail.
    if let Some(origin) = &finding.origin {
        let _ = writeln!(body, "\nOrigin: {}", text(&words::origin_phrase(origin)));
    }
    if let Some(fix) = &finding.fix {
        let _ = writeln!(body, "\nThe safe way: {}", text(&fix.description));
    }
    let line = finding.location.start.line;
    let (mut first, mut last) = (line, line);
    if let Some(suggestion) = suggestion {
        (first, last) = (suggestion.first, suggestion.last);
        let fence = fence(&suggestion.lines);
        let _ = write!(body, "\n{fence}suggestion\n{}{fence}\n", suggestion.lines);
    }
    let mut out = json!({
        "path": finding.location.path.display(),
        "line": last,
        "side": "RIGHT",
        "body": body,
    });
    if first < last {
        out["start_line"] = first.into();
        out["start_side"] = "RIGHT".into();
    }
    out
}

/// The lines that a patch changes, as they are afterwards: only of a safe patch whose parts are close to each other,
/// and only where all that is written can be seen.
fn suggestion(patch: &Patch, source: &str) -> Option<Suggestion> {
    if patch.applicability != Applicability::Safe {
        return None;
    }
    let (head, tail) = (patch.edits.first()?, patch.edits.last()?);
    let (first, last) = (head.start.line, tail.end.line);
    if last.checked_sub(first)? >= MOST_LINES {
        return None;
    }
    let before = source.get(..head.start_byte as usize)?;
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let mut at = begin;
    let mut lines = String::new();
    for edit in &patch.edits {
        lines.push_str(source.get(at..edit.start_byte as usize)?);
        lines.push_str(&edit.replacement);
        at = edit.end_byte as usize;
    }
    let rest = source.get(at..)?;
    lines.push_str(rest.split_inclusive('\n').next().unwrap_or_default());
    if !lines.ends_with('\n') {
        lines.push('\n');
    }
    // Whoever takes it must see all of it. Indentation is seen.
    let shown = lines.replace(['\t', '\n'], " ");
    if words::visible(&shown) != shown {
        return None;
    }
    Some(Suggestion { first, last, lines })
}
