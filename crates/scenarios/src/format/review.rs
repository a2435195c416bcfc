//! A review item: the same change twice, once with a weakness, once without, so that flagging everything fails.

use serde::Deserialize;
use trueline_facts::Cwe;

use super::{Class, Language, Malformed, ScenarioId, line_of_key, parse};

/// Lines of the new file that hold the weakness.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineRange {
    /// The file, as the diff names it.
    pub path: String,
    /// First line.
    pub start: u32,
    /// Last line.
    pub end: u32,
}

/// The twin with the weakness.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsafeTwin {
    /// Unified diff.
    pub diff: String,
    /// The weakness.
    pub cwe: Cwe,
    /// Where it is.
    pub lines: Vec<LineRange>,
    /// Why.
    pub why: String,
}

/// The safe twin.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafeTwin {
    /// Unified diff.
    pub diff: String,
    /// What makes it safe.
    pub why: String,
}

/// `review/<n>.toml`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewItem {
    /// Its id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Language.
    pub language: Language,
    /// Weakness class.
    pub class: Class,
    /// What the person asked the assistant for.
    pub asked: String,
    /// The twin with the weakness.
    #[serde(rename = "unsafe")]
    pub unsafe_twin: UnsafeTwin,
    /// The safe one.
    #[serde(rename = "safe")]
    pub safe_twin: SafeTwin,
}

impl ReviewItem {
    /// Parses the text; `file` is for messages.
    pub fn parse(text: &str, file: &str) -> Result<Self, Malformed> {
        let this: Self = parse(text, file)?;
        let wrong = |key: &str, message: String| {
            Err(Malformed {
                file: file.to_owned(),
                line: line_of_key(text, key),
                message,
            })
        };
        if ScenarioId::new(&this.id).is_none() {
            return wrong("id", format!("`{}` is no id", this.id));
        }
        if this.unsafe_twin.lines.is_empty() {
            return wrong("lines", "name the lines of the weakness".to_owned());
        }
        for range in &this.unsafe_twin.lines {
            let added = added_lines(&this.unsafe_twin.diff, &range.path);
            let within = range.start <= range.end
                && (range.start..=range.end).any(|line| added.contains(&line));
            if !within {
                return wrong(
                    "lines",
                    format!(
                        "lines {} to {} of {} are not among those that the diff adds ({})",
                        range.start,
                        range.end,
                        range.path,
                        listed(&added)
                    ),
                );
            }
        }
        if added_anywhere(&this.safe_twin.diff) == 0 {
            return wrong("diff", "the safe twin's diff adds no line".to_owned());
        }
        Ok(this)
    }
}

fn listed(lines: &[u32]) -> String {
    match (lines.first(), lines.last()) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "it adds none there".to_owned(),
    }
}

/// Numbers in the new file of the lines that a unified diff adds to it.
fn added_lines(diff: &str, path: &str) -> Vec<u32> {
    lines(diff)
        .filter(|line| line.added && line.path == path)
        .map(|line| line.number)
        .collect()
}

fn added_anywhere(diff: &str) -> usize {
    lines(diff).filter(|line| line.added).count()
}

/// A line of a diff with its place in the new file.
struct DiffLine<'a> {
    path: &'a str,
    number: u32,
    added: bool,
}

fn lines(diff: &str) -> impl Iterator<Item = DiffLine<'_>> {
    let (mut path, mut next) = ("", 0);
    diff.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix("+++ ") {
            let name = name.split('\t').next().unwrap_or_default().trim();
            path = name.strip_prefix("b/").unwrap_or(name);
            return None;
        }
        if line.starts_with("--- ") {
            return None;
        }
        if let Some(header) = line.strip_prefix("@@ ") {
            next = header
                .split_once('+')
                .and_then(|(_, rest)| rest.split([',', ' ']).next()?.parse().ok())
                .unwrap_or(1);
            return None;
        }
        let number = next;
        let added = line.starts_with('+');
        if added || line.starts_with(' ') || line.is_empty() {
            next += 1;
        }
        Some(DiffLine {
            path,
            number,
            added,
        })
    })
}
