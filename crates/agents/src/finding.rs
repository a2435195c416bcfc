//! From what a check sees at some bytes of a file to a finding with a place, a severity and a fingerprint.
//!
//! A fingerprint takes the rule, the path, the symbol and the words of the place, not the line: moving a sentence keeps
//! it. Two equal ones in a file are told apart by their order.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use trueline_facts::{
    Confidence, Finding, Fingerprint, Fix, Location, RepoPath, RuleId, Severity, Step, Tier,
};

use crate::AgentFile;
use crate::rule::{Id, rule};
use crate::text::LineIndex;

/// The name of our engine in findings.
const ENGINE: &str = "trueline";

/// Something seen, before it has a place in lines.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) id: Id,
    pub(crate) range: (usize, usize),
    pub(crate) message: String,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) tier: Tier,
    pub(crate) symbol: String,
    pub(crate) trace: Vec<Step>,
}

impl Draft {
    /// With what the rule says of severity, confidence and tier.
    pub(crate) fn new(id: Id, range: (usize, usize), message: String) -> Self {
        let rule = rule(id);
        Self {
            id,
            range,
            message,
            severity: rule.severity,
            confidence: rule.confidence,
            tier: rule.tier,
            symbol: String::new(),
            trace: Vec::new(),
        }
    }

    /// Of the second tier: there is a good reason to write this now and then.
    pub(crate) fn uncertain(mut self) -> Self {
        self.tier = Tier::All;
        self.confidence = Confidence::Low;
        self
    }

    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(crate) fn symbol(mut self, symbol: &str) -> Self {
        symbol.clone_into(&mut self.symbol);
        self
    }

    pub(crate) fn trace(mut self, trace: Vec<Step>) -> Self {
        self.trace = trace;
        self
    }
}

/// What was seen in one file.
#[derive(Debug)]
pub(crate) struct Found<'f> {
    pub(crate) file: &'f AgentFile<'f>,
    drafts: Vec<Draft>,
}

impl<'f> Found<'f> {
    pub(crate) fn new(file: &'f AgentFile<'f>) -> Self {
        Self {
            file,
            drafts: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// As findings, in order of place; of one rule at one place the most certain. `is_example`: samples and tests steer
    /// nobody, so all of it is of the second tier.
    pub(crate) fn finish(mut self, is_example: bool) -> Vec<Finding> {
        if is_example {
            self.drafts = self.drafts.into_iter().map(Draft::uncertain).collect();
        }
        let index = LineIndex::new(self.file.text);
        let words = |range: (usize, usize)| {
            let text = self.file.text.get(range.0..range.1).unwrap_or_default();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        self.drafts.sort_by(|a, b| {
            (
                a.range.0,
                a.id,
                a.tier,
                std::cmp::Reverse(a.severity),
                &a.message,
            )
                .cmp(&(
                    b.range.0,
                    b.id,
                    b.tier,
                    std::cmp::Reverse(b.severity),
                    &b.message,
                ))
        });
        self.drafts
            .dedup_by(|b, a| a.id == b.id && a.range.0 == b.range.0 && a.symbol == b.symbol);
        let mut seen: BTreeMap<(Id, String, String), u32> = BTreeMap::new();
        let path = self.file.path;
        let mut findings = Vec::with_capacity(self.drafts.len());
        for draft in &self.drafts {
            let text = words(draft.range);
            let occurrence = seen
                .entry((draft.id, draft.symbol.clone(), text.clone()))
                .or_default();
            let fingerprint = fingerprint(draft, path, &text, *occurrence);
            *occurrence += 1;
            let rule = rule(draft.id);
            findings.push(Finding {
                rule: RuleId::new(draft.id.as_str()),
                engine: ENGINE.to_owned(),
                cwe: rule.cwe.clone(),
                severity: draft.severity,
                confidence: draft.confidence,
                tier: draft.tier,
                message: draft.message.clone(),
                location: Location {
                    path: path.clone(),
                    start: index.position(draft.range.0),
                    end: index.position(draft.range.1.max(draft.range.0)),
                    snippet: String::new(),
                },
                symbol: draft.symbol.clone(),
                trace: draft.trace.clone(),
                fix: Some(Fix {
                    description: rule.fix.clone(),
                    patch: None,
                }),
                fingerprint,
                origin: None,
                suppression: None,
                reported: None,
            });
        }
        findings
    }
}

fn fingerprint(draft: &Draft, path: &RepoPath, words: &str, occurrence: u32) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in [
        draft.id.as_str().as_bytes(),
        path.as_bytes(),
        draft.symbol.as_bytes(),
        words.as_bytes(),
    ] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(occurrence.to_le_bytes());
    Fingerprint::new(hexadecimal(&hash.finalize()[..16]))
}

/// Bytes in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// A step of a trace at some bytes of a file.
pub(crate) fn step(file: &AgentFile<'_>, range: (usize, usize), message: String) -> Step {
    let index = LineIndex::new(file.text);
    let start = index.position(range.0);
    let line = file
        .text
        .lines()
        .nth(start.line as usize - 1)
        .unwrap_or_default();
    Step {
        location: Location {
            path: file.path.clone(),
            start,
            end: index.position(range.1),
            snippet: line.trim_end().chars().take(200).collect(),
        },
        message,
    }
}
