//! A candidate as it is kept between runs: every field in its place, for formats without names.
//!
//! What is known only later (fingerprint, origin, answer) is not in it.

use serde::{Deserialize, Serialize};
use trueline_facts::{
    Confidence, Cwe, Finding, Fingerprint, Fix, Location, RuleId, Severity, Step, Tier,
};

use super::Candidate;
use crate::digest::Digest;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    rule: RuleId,
    engine: String,
    cwe: Vec<Cwe>,
    severity: Severity,
    confidence: Confidence,
    tier: Tier,
    message: String,
    location: Location,
    symbol: String,
    trace: Vec<Step>,
    fix: Option<String>,
    tokens: String,
    span: (u32, u32),
    index: u16,
    rank: (bool, bool, u8, u16),
    parameter_of: Option<u32>,
    helper: bool,
    whole_path: bool,
    secret: Option<Digest>,
}

impl From<Kept> for Candidate {
    fn from(kept: Kept) -> Self {
        Self {
            finding: Finding {
                rule: kept.rule,
                engine: kept.engine,
                cwe: kept.cwe,
                severity: kept.severity,
                confidence: kept.confidence,
                tier: kept.tier,
                message: kept.message,
                location: kept.location,
                symbol: kept.symbol,
                trace: kept.trace,
                fix: kept.fix.map(|description| Fix {
                    description,
                    patch: None,
                }),
                fingerprint: Fingerprint::new(String::new()),
                origin: None,
                suppression: None,
                reported: None,
            },
            tokens: kept.tokens,
            span: kept.span,
            rule: kept.index,
            rank: kept.rank,
            parameter_of: kept.parameter_of,
            helper: kept.helper,
            whole_path: kept.whole_path,
            secret: kept.secret,
        }
    }
}

impl From<Candidate> for Kept {
    fn from(candidate: Candidate) -> Self {
        let finding = candidate.finding;
        Self {
            rule: finding.rule,
            engine: finding.engine,
            cwe: finding.cwe,
            severity: finding.severity,
            confidence: finding.confidence,
            tier: finding.tier,
            message: finding.message,
            location: finding.location,
            symbol: finding.symbol,
            trace: finding.trace,
            fix: finding.fix.map(|fix| fix.description),
            tokens: candidate.tokens,
            span: candidate.span,
            index: candidate.rule,
            rank: candidate.rank,
            parameter_of: candidate.parameter_of,
            helper: candidate.helper,
            whole_path: candidate.whole_path,
            secret: candidate.secret,
        }
    }
}
