//! Records of models as findings: in a scan of a repository, and in SARIF.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use trueline_facts::artifact::{Artifact, ArtifactReport, Demand, Verdict};
use trueline_facts::{
    Confidence, Cwe, Finding, Fingerprint, Fix, Location, Position, RuleId, Severity, Tier,
};
use trueline_sarif::RuleText;

use crate::{OWN_ENGINE, ScanError, VERSION};

/// The rule of what loading a model would do.
const RULE: &str = "unsafe-model-file";
/// The rule of what the team asks of models.
const POLICY: &str = "model-policy";

/// The findings of a report, for SARIF.
fn findings(report: &ArtifactReport) -> Vec<Finding> {
    report.artifacts.iter().flat_map(of).collect()
}

/// The findings of one file: the worst that was seen in it, unless the team vetted it, and what it breaks.
pub(super) fn of(artifact: &Artifact) -> Vec<Finding> {
    let worst = finding(artifact).filter(|_| !artifact.vetted);
    let broken = artifact.breaches.iter().map(|breach| {
        let id = match breach.demand {
            Demand::Licence => "licence",
            Demand::ModelCard => "model-card",
        };
        build(
            artifact,
            POLICY,
            (Severity::Medium, Confidence::High, Tier::Shown),
            1357,
            breach.message.clone(),
            id,
        )
    });
    worst.into_iter().chain(broken).collect()
}

/// The worst of a file as a finding; nothing for a clean one.
fn finding(artifact: &Artifact) -> Option<Finding> {
    let (severity, confidence, tier) = match artifact.verdict {
        Verdict::Clean => return None,
        Verdict::Unknown => (Severity::Low, Confidence::Low, Tier::All),
        Verdict::Suspicious => (Severity::High, Confidence::Medium, Tier::Shown),
        Verdict::Malicious => (Severity::Critical, Confidence::High, Tier::Shown),
    };
    let reason = artifact.reasons.first()?;
    let mut message = format!("{}: {}", artifact.verdict, reason.message);
    if let Some(call) = &reason.call
        && !message.contains(call.as_str())
    {
        message.push_str(": ");
        message.push_str(call);
    }
    Some(build(
        artifact,
        RULE,
        (severity, confidence, tier),
        reason.cwe.unwrap_or(502),
        message,
        &reason.technique,
    ))
}

fn build(
    artifact: &Artifact,
    rule: &str,
    (severity, confidence, tier): (Severity, Confidence, Tier),
    cwe: u32,
    message: String,
    what: &str,
) -> Finding {
    let place = Position { line: 1, column: 1 };
    let mut hash = Sha256::new();
    hash.update(rule);
    hash.update([0]);
    hash.update(artifact.path.as_bytes());
    hash.update([0]);
    hash.update(what);
    let mut fingerprint = String::new();
    for byte in hash.finalize().iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(fingerprint, "{byte:02x}");
    }
    Finding {
        rule: RuleId::new(rule),
        engine: OWN_ENGINE.to_owned(),
        cwe: vec![Cwe(cwe)],
        severity,
        confidence,
        tier,
        message,
        location: Location {
            path: artifact.path.clone(),
            start: place,
            end: place,
            snippet: String::new(),
        },
        symbol: String::new(),
        trace: Vec::new(),
        fix: artifact
            .advice
            .clone()
            .filter(|_| rule == RULE)
            .map(|description| Fix {
                description,
                patch: None,
            }),
        fingerprint: Fingerprint::new(fingerprint),
        origin: None,
        suppression: None,
    }
}

/// The texts of our rules, for logs.
pub(crate) fn rule_text() -> [RuleText; 2] {
    [
        RuleText {
            id: RuleId::new(RULE),
            title: "A model file does more than hold data".to_owned(),
            markdown: "# unsafe-model-file\n\nLoading the file would run code, touch files or the network, or it has what ordinary files of its \
                       format do not have. `trueline scan --only artifacts FILE` shows every reason with its place. Keep weights in a \
                       format that cannot run code (safetensors), and take models only from publishers that you trust.\n"
                .to_owned(),
        },
        RuleText {
            id: RuleId::new(POLICY),
            title: "A model does not keep what the team asks of models".to_owned(),
            markdown: "# model-policy\n\n`[artifacts]` in `trueline.toml` lists the licences that models may have and says whether each needs a \
                       model card. Take another model, ask its publisher for the card, or add the licence after whoever decides on licences \
                       has read it.\n"
                .to_owned(),
        },
    ]
}

/// The report as SARIF.
pub fn sarif(report: &ArtifactReport) -> Result<String, ScanError> {
    Ok(trueline_sarif::write(
        &findings(report),
        &report.diagnostics,
        &rule_text(),
        VERSION,
        None,
        &|_, _| None,
    )?)
}
