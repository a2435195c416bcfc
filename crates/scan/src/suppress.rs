//! Findings that a person has answered: by a comment beside the line, or by a baseline.
//!
//! `# trueline: ignore[sql-injection] the table name is a constant of this module` on the line of a
//! finding, or alone on the line above it. A reason is required; a comment that answers nothing is
//! reported, so that none outlives its reason.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use trueline_facts::{Diagnostic, Finding, Level, RepoPath, Suppression};

use crate::config::nearest;

/// What opens the comment.
const MARKER: &str = "trueline: ignore";
/// What may stand before it: the beginnings of comments.
const COMMENTS: &[&str] = &["#", "//", "/*", "*", "<!--", "--"];

/// A comment that answers findings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Comment {
    /// Its line, from 1.
    pub(crate) line: u32,
    /// The line that it speaks of.
    of: u32,
    pub(crate) rules: Vec<String>,
    pub(crate) reason: String,
}

/// The comments of a file, in order of line.
pub(crate) fn comments(text: &str) -> Vec<Comment> {
    if !text.contains(MARKER) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((before, after)) = line.split_once(MARKER) else {
            continue;
        };
        let before = before.trim_end();
        let Some(starter) = COMMENTS.iter().find(|c| before.ends_with(**c)) else {
            continue;
        };
        let alone = before
            .strip_suffix(starter)
            .is_some_and(|code| code.trim().is_empty());
        let (rules, reason) = match after.strip_prefix('[').and_then(|a| a.split_once(']')) {
            Some((rules, reason)) => (
                rules
                    .split(',')
                    .map(|r| r.trim().to_owned())
                    .filter(|r| !r.is_empty())
                    .collect(),
                reason,
            ),
            None => (Vec::new(), after),
        };
        let reason = reason
            .trim()
            .trim_end_matches("*/")
            .trim_end_matches("-->")
            .trim_start_matches([':', '-', '–'])
            .trim();
        let line = at as u32 + 1;
        // Comments that stand above each other all speak of the first line of code below.
        let below = lines
            .iter()
            .skip(at + 1)
            .position(|l| !l.trim().is_empty() && !is_comment(l))
            .map_or(line, |skip| line + 1 + skip as u32);
        found.push(Comment {
            line,
            of: if alone { below } else { line },
            rules,
            reason: reason.to_owned(),
        });
    }
    found
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    COMMENTS.iter().any(|c| line.starts_with(c))
}

/// What comments answer.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    /// Of what would be reported.
    pub(crate) shown: Vec<Finding>,
    /// Of what was not asked for.
    pub(crate) hidden: Vec<Finding>,
}

/// Takes the findings that comments answer out of a file's lists.
pub(crate) fn apply(
    path: &RepoPath,
    comments: &[Comment],
    findings: &mut Vec<Finding>,
    hidden: &mut Vec<Finding>,
    known: &[&str],
    diagnostics: &mut Vec<Diagnostic>,
) -> Answered {
    let mut answered = Answered::default();
    let mut used: BTreeSet<u32> = BTreeSet::new();
    let mut kept = Vec::with_capacity(findings.len());
    for mut finding in findings.drain(..) {
        match answer(comments, &finding) {
            Some(comment) => {
                used.insert(comment.line);
                finding.suppression = Some(Suppression::Comment {
                    reason: comment.reason.clone(),
                    line: comment.line,
                });
                answered.shown.push(finding);
            }
            None => kept.push(finding),
        }
    }
    *findings = kept;
    answered.hidden = hidden
        .extract_if(.., |finding| {
            let comment = answer(comments, finding);
            used.extend(comment.map(|comment| comment.line));
            comment.is_some()
        })
        .collect();
    for comment in comments {
        if used.contains(&comment.line) {
            continue;
        }
        diagnostics.push(complaint(path, comment, known));
    }
    answered
}

/// The comment that answers a finding.
fn answer<'c>(comments: &'c [Comment], finding: &Finding) -> Option<&'c Comment> {
    let lines = finding.location.start.line..=finding.location.last_line();
    answering(comments, finding.rule.as_str(), lines)
}

/// The comment that answers findings of a rule on some lines.
pub(crate) fn answering<'c>(
    comments: &'c [Comment],
    rule: &str,
    lines: RangeInclusive<u32>,
) -> Option<&'c Comment> {
    comments.iter().find(|c| {
        !c.reason.is_empty() && lines.contains(&c.of) && c.rules.iter().any(|r| r == rule)
    })
}

fn complaint(path: &RepoPath, comment: &Comment, known: &[&str]) -> Diagnostic {
    let line = comment.line;
    let unknown = comment.rules.iter().find(|r| !known.contains(&r.as_str()));
    let (code, message) = if comment.rules.is_empty() {
        (
            "suppression-without-rule",
            format!(
                "line {line}: name the rule that is ignored: `{MARKER}[rule] reason`; the comment has no effect"
            ),
        )
    } else if comment.reason.is_empty() {
        (
            "suppression-without-reason",
            format!(
                "line {line}: say why it is no problem: `{MARKER}[{}] reason`; the comment has no effect",
                comment.rules.join(", ")
            ),
        )
    } else if let Some(rule) = unknown {
        let hint = nearest(rule, known)
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        (
            "suppression-unknown-rule",
            format!("line {line}: there is no rule `{rule}`{hint}"),
        )
    } else {
        (
            "suppression-unused",
            format!(
                "line {line}: nothing of `{}` is found there any more: remove the comment",
                comment.rules.join("`, `")
            ),
        )
    };
    Diagnostic::new(Level::Warning, code, message).at(path.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_speaks_of_its_own_line_or_of_the_code_below() {
        let text = "run(x)  # trueline: ignore[command-injection] x is a constant\n\
                    // trueline: ignore[sql-injection, path-traversal]: checked above\n\
                    // more words\n\
                    go(y)\n\
                    text = 'trueline: ignore[sql-injection] no comment'\n";
        let found = comments(text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line, found[0].of), (1, 1));
        assert_eq!(found[0].rules, ["command-injection"]);
        assert_eq!(found[0].reason, "x is a constant");
        assert_eq!((found[1].line, found[1].of), (2, 4));
        assert_eq!(found[1].rules, ["sql-injection", "path-traversal"]);
        assert_eq!(found[1].reason, "checked above");
    }

    #[test]
    fn a_comment_without_a_rule_or_reason_is_told_apart() {
        let found = comments("x() # trueline: ignore\ny() # trueline: ignore[sql-injection]\n");
        assert!(found[0].rules.is_empty());
        assert!(found[1].reason.is_empty());
    }
}
