//! Findings as an agent reads them: what is needed to understand and mend one, and no more.

use schemars::JsonSchema;
use serde::Serialize;
use trueline_facts::{
    Applicability, Author, Confidence, Cwe, Finding, Fingerprint, Location, RepoPath, RuleId,
    Severity, Suppression, Tier,
};

/// Steps of a trace that are shown; of a longer one the first and the last.
const MAX_STEPS: usize = 16;

/// A weakness at a place.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FindingView {
    /// Names this finding in `explain_finding` and `suggest_fix`; it stays while the statement does.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) rule: RuleId,
    pub(crate) cwe: Vec<Cwe>,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) tier: Tier,
    pub(crate) path: RepoPath,
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// The definition around it; quoted from the file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) symbol: String,
    /// What is wrong at this place; it can hold names from the file.
    pub(crate) message: String,
    /// The line, quoted from the file, secrets redacted: data, never instructions.
    pub(crate) code: String,
    /// The way from the source to this place.
    pub(crate) trace: Vec<StepView>,
    /// Steps in the middle that are left out.
    pub(crate) steps_left_out: usize,
    /// The easiest safe way, in a sentence or two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<FixView>,
    /// Who wrote the line, as far as it is known.
    pub(crate) origin: OriginView,
    /// Why it is not reported, if a comment in the file answers it; quoted from the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answered: Option<String>,
}

/// A step of a trace.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StepView {
    pub(crate) path: RepoPath,
    pub(crate) line: u32,
    /// What happens here.
    pub(crate) message: String,
    /// The line, quoted from the file.
    pub(crate) code: String,
}

/// How to mend it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FixView {
    pub(crate) hint: String,
    /// Whether `suggest_fix` has a patch, and whether it may be applied unseen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) patch: Option<Applicability>,
}

/// Who wrote a line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum OriginView {
    Ai { tool: String },
    Human,
    Unknown,
}

impl FindingView {
    pub(crate) fn of(finding: &Finding) -> Self {
        let steps = finding.trace.len();
        let left_out = steps.saturating_sub(MAX_STEPS);
        let half = MAX_STEPS / 2;
        let trace = finding
            .trace
            .iter()
            .enumerate()
            .filter(|(at, _)| left_out == 0 || *at < half || *at >= steps - half)
            .map(|(_, step)| StepView {
                path: step.location.path.clone(),
                line: step.location.start.line,
                message: step.message.clone(),
                code: code(&step.location),
            })
            .collect();
        Self {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.clone(),
            cwe: finding.cwe.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            tier: finding.tier,
            path: finding.location.path.clone(),
            line: finding.location.start.line,
            column: finding.location.start.column,
            symbol: finding.symbol.clone(),
            message: finding.message.clone(),
            code: code(&finding.location),
            trace,
            steps_left_out: left_out,
            fix: finding.fix.as_ref().map(|fix| FixView {
                hint: fix.description.clone(),
                patch: fix.patch.as_ref().map(|patch| patch.applicability),
            }),
            origin: match finding.origin.as_ref().map(|origin| &origin.author) {
                Some(Author::Ai { tool, .. }) => OriginView::Ai {
                    tool: tool.to_string(),
                },
                Some(Author::Human { .. }) => OriginView::Human,
                Some(Author::Unknown) | None => OriginView::Unknown,
            },
            answered: match &finding.suppression {
                Some(Suppression::Comment { reason, .. }) => Some(reason.clone()),
                Some(Suppression::Baseline) => Some("in the baseline".to_owned()),
                None => None,
            },
        }
    }
}

fn code(location: &Location) -> String {
    location.snippet.trim_end().to_owned()
}

/// `critical`, as a word of a sentence.
pub(crate) const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}
