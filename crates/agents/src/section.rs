//! The section of a rules file that `trueline init --agents` keeps: where it is, whether it is as it was written, and
//! whether a change makes it say less.
//!
//! It stands between two comments. The first carries a digest of what is between them, so that an edit by hand shows;
//! the digest is no signature, and whoever computes it anew is caught by the comparison with the base.

use std::collections::BTreeSet;
use std::ops::Range;

use sha2::{Digest, Sha256};
use thiserror::Error;
use trueline_facts::{Finding, RepoPath, Severity};

use crate::discovery::Kind;
use crate::finding::{Draft, Found, hexadecimal};
use crate::rule::Id;
use crate::{AgentFile, text};

/// What opens the section; the digest follows.
const BEGIN: &str = "<!-- trueline:begin v1 sha256=";
const CLOSE: &str = " -->";
const END: &str = "<!-- trueline:end -->";
/// What a marker of whatever form begins with.
const ANY_BEGIN: &str = "<!-- trueline:begin";

/// A section of a text; places are bytes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// All of it: from the first marker to the end of the line of the last.
    pub range: Range<usize>,
    /// What stands between the markers' lines.
    pub body: Range<usize>,
    /// The digest that the marker carries.
    pub digest: String,
}

/// Why a text has markers and no section.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("line {line}: {why}")]
pub struct BrokenSection {
    /// The first byte of the marker.
    pub at: usize,
    /// Its line, from 1.
    pub line: u32,
    /// What is wrong.
    pub why: &'static str,
}

/// Finds the section of a text, if it has one.
pub fn find(text: &str) -> Result<Option<Section>, BrokenSection> {
    let broken = |at: usize, why| {
        Err(BrokenSection {
            at,
            line: text::LineIndex::new(text).position(at).line,
            why,
        })
    };
    let mut begins = lines(text).filter(|(_, line)| line.trim_start().starts_with(ANY_BEGIN));
    let end = lines(text).find(|(_, line)| line.trim() == END);
    let Some((start, line)) = begins.next() else {
        return match end {
            Some((at, _)) => broken(at, "a section of trueline ends that never began"),
            None => Ok(None),
        };
    };
    if let Some((at, _)) = begins.next() {
        return broken(at, "a second section of trueline begins; keep one");
    }
    let digest = line
        .trim()
        .strip_prefix(BEGIN)
        .and_then(|rest| rest.strip_suffix(CLOSE));
    let Some(digest) = digest else {
        return broken(
            start,
            "the marker of a section of trueline carries no digest",
        );
    };
    let body = start + line.len();
    match end {
        Some((at, last)) if at >= body => Ok(Some(Section {
            range: start..at + last.len(),
            body: body..at,
            digest: digest.to_owned(),
        })),
        _ => broken(start, "a section of trueline begins that never ends"),
    }
}

/// Lines with their first bytes and their ends.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

/// A section around a body, with the line ends that are given.
#[must_use]
pub fn render(body: &str, line_end: &str) -> String {
    let mut out = format!("{BEGIN}{}{CLOSE}{line_end}", digest(body));
    for line in body.lines() {
        out.push_str(line);
        out.push_str(line_end);
    }
    out.push_str(END);
    out.push_str(line_end);
    out
}

/// The digest of a body: git may change line ends, which changes nothing.
fn digest(body: &str) -> String {
    let mut hash = Sha256::new();
    for line in body.lines() {
        hash.update(line);
        hash.update(b"\n");
    }
    hexadecimal(&hash.finalize()[..16])
}

/// The points that a body makes: its list items, each on one line.
pub fn points(body: &str) -> impl Iterator<Item = &str> {
    body.lines()
        .filter_map(|line| line.trim().strip_prefix("- "))
        .map(str::trim)
}

/// The rule that a point is about: its first word in backticks, at its beginning.
#[must_use]
pub fn rule_of(point: &str) -> Option<&str> {
    point.strip_prefix('`')?.split('`').next()
}

/// Tells of a section that is broken or was edited by hand.
pub(crate) fn check(found: &mut Found<'_>) {
    let text = found.file.text;
    if !text.contains(ANY_BEGIN) && !text.contains(END) {
        return;
    }
    let (range, message) = match find(text) {
        Ok(None) => return,
        Ok(Some(section)) => {
            let body = text.get(section.body.clone()).unwrap_or_default();
            if digest(body) == section.digest {
                return;
            }
            let message =
                "the section was edited by hand: it is not what `trueline init --agents` wrote";
            ((section.range.start, section.range.end), message.to_owned())
        }
        Err(broken) => ((broken.at, broken.at), broken.why.to_owned()),
    };
    found.add(Draft::new(Id::WeakenedSecuritySection, range, message));
}

/// What a change takes from the section of a file: `before` is the text of the base, `after` the text of now, absent
/// if the file is gone.
#[must_use]
pub fn weakened(path: &RepoPath, before: &str, after: Option<&str>) -> Option<Finding> {
    let earlier = find(before).ok().flatten()?;
    let earlier = before.get(earlier.body)?;
    let text = after.unwrap_or_default();
    let file = AgentFile {
        path,
        kind: Kind::Instructions,
        text,
        head: &[],
    };
    let (range, message, severity) = match find(text) {
        Ok(Some(section)) => {
            let now = text.get(section.body.clone())?;
            let rules: BTreeSet<&str> = points(now).filter_map(rule_of).collect();
            let lost: Vec<&str> = points(earlier)
                .filter_map(rule_of)
                .filter(|rule| !rules.contains(rule))
                .collect();
            let fewer = points(earlier).count().saturating_sub(points(now).count());
            if lost.is_empty() && fewer == 0 {
                return None;
            }
            let message = if lost.is_empty() {
                format!("the section says less than before: {fewer} of its points are gone")
            } else {
                format!(
                    "the section says less than before: nothing of `{}` any more",
                    lost.join("`, `")
                )
            };
            (
                (section.range.start, section.range.end),
                message,
                Severity::Medium,
            )
        }
        // Broken markers are told by themselves, in every scan.
        Err(_) => return None,
        Ok(None) => {
            let what = if after.is_some() {
                "section"
            } else {
                "file with the section"
            };
            let message = format!("the {what} that `trueline init --agents` wrote was taken out");
            let at = first_difference(before, text);
            ((at, at), message, Severity::High)
        }
    };
    let mut found = Found::new(&file);
    found.add(Draft::new(Id::WeakenedSecuritySection, range, message).severity(severity));
    found.finish(false).pop()
}

/// The first byte at which two texts differ.
fn first_difference(before: &str, after: &str) -> usize {
    let same = before
        .bytes()
        .zip(after.bytes())
        .take_while(|(a, b)| a == b);
    text::floor(after, same.count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &str = "## Security\n\n- `sql-injection`: bind values.\n- `path-traversal`: stay inside.\n- Test it.\n";

    fn with(body: &str) -> String {
        format!("# Rules\n\n{}\nMore.\n", render(body, "\n"))
    }

    fn told(before: &str, after: Option<&str>) -> Option<String> {
        weakened(&RepoPath::from("AGENTS.md"), before, after).map(|finding| finding.message)
    }

    #[test]
    fn what_was_rendered_is_found_with_its_digest() {
        for line_end in ["\n", "\r\n"] {
            let text = format!("# Rules{line_end}{}", render(BODY, line_end));
            let section = find(&text).unwrap().unwrap();
            assert_eq!(digest(&text[section.body.clone()]), section.digest);
            assert_eq!(section.range, 7 + line_end.len()..text.len());
        }
    }

    #[test]
    fn broken_markers_are_told_with_their_line() {
        let text = with(BODY);
        for (broken, line) in [
            (text.replace(END, ""), 3),
            (format!("{text}{text}"), 14),
            (text.replace(" sha256=", " "), 3),
            (format!("a\n{END}\n"), 2),
        ] {
            assert_eq!(find(&broken).unwrap_err().line, line, "{broken}");
        }
    }

    #[test]
    fn a_change_that_says_less_is_told_and_one_that_says_more_is_not() {
        let before = with(BODY);
        let less = with(&BODY.replace("- `path-traversal`: stay inside.\n", ""));
        assert_eq!(
            told(&before, Some(&less)).unwrap(),
            "the section says less than before: nothing of `path-traversal` any more"
        );
        let fewer = with(&BODY.replace("- Test it.\n", ""));
        assert!(
            told(&before, Some(&fewer))
                .unwrap()
                .contains("1 of its points")
        );
        assert!(
            told(&before, Some("# Rules\n\nMore.\n"))
                .unwrap()
                .contains("taken out")
        );
        assert!(told(&before, None).unwrap().starts_with("the file"));
        let more = with(&format!("{BODY}- `weak-hash`: use SHA-256.\n"));
        let other = with(&BODY.replace("bind values", "pass values as parameters"));
        for after in [&before, &more, &other] {
            assert_eq!(told(&before, Some(after)), None);
        }
        assert_eq!(told("# Rules\n", Some("")), None);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(parts in prop::collection::vec(prop::sample::select(vec![
            BEGIN, END, CLOSE, ANY_BEGIN, "\n", "\r\n", "- `é`", "abc", " ",
        ]), 0..20)) {
            let text = parts.concat();
            if let Ok(Some(section)) = find(&text) {
                prop_assert!(text.get(section.range).is_some() && text.get(section.body).is_some());
            }
        }
    }
}
