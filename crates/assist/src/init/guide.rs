//! The words of the section: what went wrong in this repository, what its policy says, and a few habits.
//!
//! Short, concrete and free of roles to play, as `OpenSSF`'s guide for instructions of AI code assistants advises: every
//! line of it is paid for in each request of every agent. No count and no date is in it, so that it changes only when
//! the advice does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use trueline_facts::scan::ScanReport;
use trueline_facts::{Finding, Severity};
use trueline_scan::{ScanError, Scanner};

use crate::answer::visible;

/// Weaknesses that are named: of what is open, and together with what an earlier section named.
const MAX_OPEN: usize = 8;
const MAX_NAMED: usize = 12;
/// The longest hint, in characters.
const MAX_HINT: usize = 240;
/// Globs and names of a list.
const MAX_LISTED: usize = 6;

/// Habits that hold in any repository.
const HABITS: &[&str] = &[
    "Take whatever comes from outside (requests, files, model output, other services) as hostile: check it where it \
     enters, and encode it for where it goes.",
    "Keep secrets out of code, tests, logs and prompts; read them from the environment or a secret store.",
    "Add a dependency only when it is needed: an existing package of the official registry, by its exact name, pinned. \
     If you are not sure that a package exists, say so.",
    "Never switch off checks of certificates, tests, hooks or scanners to get something through.",
    "Deny by default: check who asks and what they may do on the server, for each operation.",
    "Write a test for the misuse as well as for the use.",
];

/// What to do at the end.
const ENDING: &[&str] = &[
    "Read your change again for weaknesses and mend them before you hand it over.",
    "Run `trueline scan --diff HEAD` (or the tool `check_diff` of `trueline mcp`) and mend what it finds.",
    "Say what you did not check. People answer for this code: small changes that can be reviewed are worth more than \
     large ones.",
];

/// The body of the section. `known` are rules that earlier sections named: what was learnt is not forgotten when its
/// last finding is mended.
pub(super) fn body(
    scanner: &Scanner,
    report: &ScanReport,
    known: &BTreeSet<String>,
) -> Result<String, ScanError> {
    let config = scanner.config()?;
    let mut out = String::from(
        "## Security, for AI assistants\n\nWritten by `trueline init --agents` from this repository. To change it, run \
         that again; rules of your own go outside of the markers.\n",
    );
    // Writing to a string cannot fail.
    if let Some(stack) = stack(scanner, report) {
        let _ = write!(
            out,
            "\nThe code is {stack}. Use their own safe interfaces before you write your own.\n"
        );
    }
    let weaknesses = weaknesses(scanner, report, known)?;
    if !weaknesses.is_empty() {
        out.push_str("\nWhat went wrong here before:\n\n");
        for (rule, hint) in &weaknesses {
            let _ = writeln!(out, "- `{rule}`: {hint}");
        }
    }
    out.push_str("\nAlways:\n\n");
    for habit in HABITS {
        let _ = writeln!(out, "- {habit}");
    }
    let mut policy = Vec::new();
    if let Some(tools) = &config.approved_tools {
        let names: Vec<String> = tools.iter().map(ToString::to_string).collect();
        policy.push(if names.is_empty() {
            "No AI tool is approved here.".to_owned()
        } else {
            format!(
                "Approved AI tools: {}. No other is to be used.",
                listed(&names)
            )
        });
    }
    if !config.exclude.is_empty() {
        policy.push(format!(
            "Not scanned, so look twice there: {}.",
            listed(&config.exclude)
        ));
    }
    if let Some(licences) = &config.models.licences {
        policy.push(format!(
            "Licences that a model may have: {}.",
            listed(licences)
        ));
    }
    if config.models.model_card {
        policy.push("A model needs a card (`README.md`) beside it.".to_owned());
    }
    if !policy.is_empty() {
        out.push_str("\nThe team's policy (`trueline.toml`):\n\n");
        for point in policy {
            let _ = writeln!(out, "- {point}");
        }
    }
    out.push_str("\nBefore you are done:\n\n");
    for point in ENDING {
        let _ = writeln!(out, "- {point}");
    }
    Ok(out)
}

/// Languages by their lines, and frameworks.
fn stack(scanner: &Scanner, report: &ScanReport) -> Option<String> {
    let mut languages: Vec<(&str, u64)> = report
        .sources
        .languages
        .iter()
        .filter(|(_, coverage)| coverage.lines > 0)
        .map(|(name, coverage)| (name.as_str(), coverage.lines))
        .collect();
    languages.sort_by_key(|(name, lines)| (std::cmp::Reverse(*lines), *name));
    let languages: Vec<String> = languages
        .into_iter()
        .map(|(name, _)| match name {
            "python" => "Python".to_owned(),
            "javascript" => "JavaScript".to_owned(),
            "typescript" => "TypeScript".to_owned(),
            "go" => "Go".to_owned(),
            "java" => "Java".to_owned(),
            other => other.to_owned(),
        })
        .collect();
    let frameworks: Vec<String> = scanner.frameworks().into_iter().take(MAX_LISTED).collect();
    let languages = joined(&languages)?;
    Some(match joined(&frameworks) {
        Some(frameworks) => format!("{languages}, with {frameworks}"),
        None => languages,
    })
}

/// `a`, `a and b`, `a, b and c`.
fn joined(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(one.clone()),
        [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
    }
}

/// The rule that watches the section itself.
const OWN_ALARM: &str = "weakened-security-section";

/// Rules with what to do instead: those with open findings by their number, then those that were named before.
fn weaknesses(
    scanner: &Scanner,
    report: &ScanReport,
    known: &BTreeSet<String>,
) -> Result<Vec<(String, String)>, ScanError> {
    let mut open: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    // That the section was changed is no weakness of the code that it speaks of.
    let of_code = report
        .findings
        .iter()
        .filter(|f| f.rule.as_str() != OWN_ALARM);
    for finding in of_code {
        open.entry(finding.rule.as_str()).or_default().push(finding);
    }
    let mut ranked: Vec<(&str, Vec<&Finding>)> = open.into_iter().collect();
    ranked.sort_by_key(|(rule, findings)| {
        let worst = findings.iter().map(|f| f.severity).max();
        let worst = worst.unwrap_or(Severity::Low);
        (
            std::cmp::Reverse(findings.len()),
            std::cmp::Reverse(worst),
            *rule,
        )
    });
    ranked.truncate(MAX_OPEN);
    let mut named: Vec<(String, String)> = Vec::new();
    for (rule, findings) in ranked {
        // The hint that fits most places here names the interfaces that this repository uses.
        let mut hints: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in findings {
            if let Some(fix) = &finding.fix {
                *hints.entry(&fix.description).or_default() += 1;
            }
        }
        let best = hints
            .into_iter()
            .max_by_key(|(hint, times)| (*times, std::cmp::Reverse(*hint)));
        let hint = match best {
            Some((hint, _)) => hint.to_owned(),
            None => scanner.rule(rule)?.fix,
        };
        named.push((rule.to_owned(), plain(&hint, MAX_HINT)));
    }
    for rule in known.iter().filter(|rule| *rule != OWN_ALARM) {
        if named.len() >= MAX_NAMED || named.iter().any(|(name, _)| name == rule) {
            continue;
        }
        // A rule that is gone has nothing to say.
        if let Ok(page) = scanner.rule(rule) {
            named.push((rule.clone(), plain(&page.fix, MAX_HINT)));
        }
    }
    Ok(named)
}

fn listed(texts: &[String]) -> String {
    let mut shown: Vec<String> = texts
        .iter()
        .take(MAX_LISTED)
        .map(|text| format!("`{}`", plain(text, 60).replace('`', "'")))
        .collect();
    if texts.len() > MAX_LISTED {
        shown.push(format!("and {} more", texts.len() - MAX_LISTED));
    }
    shown.join(", ")
}

/// A text on one line that is no marker, cut at the end of a sentence.
fn plain(text: &str, limit: usize) -> String {
    let text = visible(text).replace("<!--", "").replace("-->", "");
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    if text.chars().count() <= limit {
        return text;
    }
    let head: String = text.chars().take(limit).collect();
    match head.rfind(". ") {
        Some(end) => head[..=end].to_owned(),
        None => format!("{}…", head.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_one_line_and_no_marker() {
        assert_eq!(plain("a\n<!-- trueline:end -->  b", 80), "a trueline:end b");
        assert_eq!(
            plain("One thing. Another thing that is long.", 20),
            "One thing."
        );
    }

    #[test]
    fn names_are_joined_as_people_do() {
        let names = |n: usize| (0..n).map(|at| at.to_string()).collect::<Vec<_>>();
        assert_eq!(joined(&names(0)), None);
        assert_eq!(joined(&names(3)).unwrap(), "0, 1 and 2");
    }
}
