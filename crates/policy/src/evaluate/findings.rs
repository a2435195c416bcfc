//! The gate on findings: not more than so many new ones of a kind.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use trueline_facts::Tier;
use trueline_facts::change::{
    ChangeFinding, ChangedFile, FactName, FileStatus, FindingClass, RangeKind, ReadBy,
};
use trueline_facts::verdict::Reason;

use super::{Case, Judged, at, by, counted};
use crate::gate::{FindingsAsk, UnreadLanguages};

/// Source code that no rule reads.
pub(super) struct Gap {
    /// Files of it.
    unread: u64,
    /// Source files in all.
    all: u64,
    languages: BTreeSet<String>,
}

impl Gap {
    /// Of what a gate speaks of; `None` where there is none, or the gate asks for no weakness of code.
    pub(super) fn of(case: Case<'_>, ask: &FindingsAsk) -> Option<Self> {
        if !ask.asks_for(FindingClass::Code) {
            return None;
        }
        let is_source = |file: &&ChangedFile| {
            file.language.is_some()
                && file.status != FileStatus::Deleted
                && file.entry.is_file()
                && case.scope().takes_zones(&file.zones)
        };
        let mut gap = Self {
            unread: 0,
            all: 0,
            languages: BTreeSet::new(),
        };
        for file in case.change.files.iter().filter(is_source) {
            gap.all += 1;
            if file.read_by == ReadBy::Forms {
                gap.unread += 1;
                gap.languages.extend(file.language.clone());
            }
        }
        (gap.unread > 0).then_some(gap)
    }

    /// Is there nothing that a rule reads?
    pub(super) const fn is_whole(&self) -> bool {
        self.unread == self.all
    }
}

/// The engine of findings whose rules are ours.
const OWN: &str = "trueline";

pub(super) fn judge(case: Case<'_>, ask: &FindingsAsk) -> Judged {
    let mut found: Vec<&ChangeFinding> = Vec::new();
    let mut missing = Vec::new();
    let mut of_unknown_author = 0;
    for finding in case.change.new_findings() {
        if !asked(ask, finding) || !case.scope().takes_zones(&finding.zones) {
            continue;
        }
        if finding.silenced && case.scope().takes_origin(finding.origin) {
            match silenced(case) {
                Silenced::Holds => continue,
                Silenced::NotKnown => {
                    missing.push(FactName::Reviews);
                    continue;
                }
                Silenced::HasNoEffect => {}
            }
        }
        if case.scope().takes_origin(finding.origin) {
            found.push(finding);
        } else if finding.origin == trueline_facts::change::AuthorKind::Unknown {
            of_unknown_author += 1;
        }
    }
    missing.dedup();
    if !case.knows(FactName::Findings) {
        missing.push(FactName::Findings);
    }
    if ask.asks_for(FindingClass::Secret) && !case.knows(FactName::Secrets) {
        missing.push(FactName::Secrets);
    }
    if case.asks_origin() && !case.knows(FactName::Origins) {
        missing.push(FactName::Origins);
    }
    let what = describe(case, ask);
    let mut because = format!(
        "{}; {} allowed",
        counted(found.len() as u64, &what),
        if ask.at_most == 0 {
            "none is".to_owned()
        } else {
            format!("at most {} are", ask.at_most)
        }
    );
    if case.asks_origin() && of_unknown_author > 0 {
        // Writing to a String cannot fail.
        let _ = write!(
            because,
            "; {of_unknown_author} more on lines of unknown origin do not count"
        );
    }
    if let Some(gap) = Gap::of(case, ask) {
        let languages: Vec<&str> = gap.languages.iter().map(String::as_str).collect();
        let _ = write!(
            because,
            "; {} of {} are in languages that no rule reads ({})",
            gap.unread,
            counted(gap.all, "changed source file"),
            languages.join(", ")
        );
        let is_asked = ask.unread == UnreadLanguages::Undetermined;
        if is_asked && !case.knows(FactName::ImportedFindings) {
            missing.push(FactName::ImportedFindings);
        }
    }
    let reasons = if found.len() as u64 > u64::from(ask.at_most) {
        found.iter().map(|finding| reason(case, finding)).collect()
    } else {
        Vec::new()
    };
    Judged {
        because,
        reasons,
        missing,
    }
}

/// What a comment that the change itself adds is worth.
enum Silenced {
    /// Another person agreed.
    Holds,
    /// Nobody can tell yet.
    NotKnown,
    /// Nobody agreed.
    HasNoEffect,
}

fn silenced(case: Case<'_>) -> Silenced {
    let mut reviews = case.change.reviews.iter();
    if reviews.any(trueline_facts::change::Review::is_independent_approval) {
        Silenced::Holds
    } else if case.knows(FactName::Reviews) {
        Silenced::HasNoEffect
    } else {
        Silenced::NotKnown
    }
}

fn asked(ask: &FindingsAsk, finding: &ChangeFinding) -> bool {
    (ask.classes.is_empty() || ask.classes.contains(&finding.class))
        && finding.severity >= ask.min_severity
        && (ask.tier == Tier::All || finding.tier == Tier::Shown)
        && (ask.rules.is_empty() || ask.rules.iter().any(|rule| rule == finding.rule.as_str()))
        && (ask.cwe.is_empty() || finding.cwe.iter().any(|cwe| ask.cwe.contains(&cwe.0)))
}

fn describe(case: Case<'_>, ask: &FindingsAsk) -> String {
    let mut words = String::from("new");
    if !case.scope().origin.is_empty() {
        let origins: Vec<&str> = case.scope().origin.iter().map(|o| by(*o)).collect();
        words.push(' ');
        words.push_str(&origins.join(" or "));
    }
    if ask.classes == [FindingClass::Secret] {
        words.push_str(" secret");
        return words;
    }
    if ask.min_severity > trueline_facts::Severity::Low {
        let severity = match ask.min_severity {
            trueline_facts::Severity::Critical => "critical",
            trueline_facts::Severity::High => "high or critical",
            _ => "medium, high or critical",
        };
        words.push(' ');
        words.push_str(severity);
    }
    words.push_str(" finding");
    words
}

fn reason(case: Case<'_>, finding: &ChangeFinding) -> Reason {
    let before_commit = case.change.range.kind == RangeKind::Staged;
    let easiest = match (&finding.remedy, finding.class) {
        // The rule's own words speak of a secret that is in the history.
        (_, FindingClass::Secret) if before_commit => {
            "Read it from the environment or a secret store. It is not committed yet, so taking it out is enough, unless \
             somebody else has seen it."
                .to_owned()
        }
        (Some(remedy), _) => remedy.clone(),
        (None, FindingClass::Secret) => {
            "Take it out, replace it where it is used, and read it from the environment or a secret store."
                .to_owned()
        }
        (None, _) if finding.engine == OWN => {
            format!("See `trueline rules explain {}`.", finding.rule)
        }
        // Rules of other tools have no page here.
        (None, _) => format!(
            "See what {} says about `{}`.",
            finding.engine, finding.rule
        ),
    };
    let to_pass = match finding.class {
        _ if finding.silenced => {
            "the line is safe, or another person approves the comment that silences it"
        }
        FindingClass::Secret => "the line holds no secret",
        _ => "the line is safe, or an exception of the base names the finding",
    };
    let reason = case.reason(
        format!(
            "{} ({}): {}",
            finding.rule,
            severity(finding),
            finding.message
        ),
        to_pass,
        easiest,
        &finding.zones,
    );
    Reason {
        rule: Some(finding.rule.clone()),
        cwe: finding.cwe.clone(),
        fingerprint: Some(finding.fingerprint.clone()),
        ..at(reason, &finding.path, finding.line)
    }
}

const fn severity(finding: &ChangeFinding) -> &'static str {
    match finding.severity {
        trueline_facts::Severity::Low => "low",
        trueline_facts::Severity::Medium => "medium",
        trueline_facts::Severity::High => "high",
        trueline_facts::Severity::Critical => "critical",
    }
}
