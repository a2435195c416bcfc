//! Records of models as findings: in a scan of a repository, and in SARIF.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use bstr::ByteSlice;
use serde_json::{Value, json};

use sha2::{Digest, Sha256};
use trueline_facts::artifact::{Artifact, ArtifactReport, Demand, Reason, Verdict};
use trueline_facts::scan::ScanReport;
use trueline_facts::{
    Confidence, Cwe, Diagnostic, Finding, Fingerprint, Fix, Location, Position, RepoPath, RuleId,
    Severity, Tier, Timestamp,
};
use trueline_sarif::{RuleText, Said};

use crate::config::FILE_NAME;
use crate::place::Place;
use crate::{OWN_ENGINE, ScanError, VERSION};

/// The rule of what loading a model would do.
const RULE: &str = "unsafe-model-file";
/// The rule of what the team asks of models.
const POLICY: &str = "model-policy";

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
        reported: None,
    }
}

/// Our rules: id, severity of the worst finding, weakness.
pub(crate) const RULES: [(&str, Severity, Cwe); 2] = [
    (RULE, Severity::Critical, Cwe(502)),
    (POLICY, Severity::Medium, Cwe(1357)),
];

/// Is it about all of a file, whatever line it names?
pub(crate) fn speaks_of_file(finding: &Finding) -> bool {
    finding.engine == OWN_ENGINE && RULES.iter().any(|rule| finding.rule.as_str() == rule.0)
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

/// A report whose paths are those of the repository that it was made in.
fn placed(report: &ArtifactReport, standing_in: &Path) -> (Vec<Artifact>, Vec<Diagnostic>) {
    let root = standing_in
        .ancestors()
        .find(|folder| folder.join(FILE_NAME).exists() || folder.join(".git").exists())
        .unwrap_or(standing_in);
    let artifacts = report.artifacts.iter().map(|artifact| Artifact {
        path: place(&artifact.path, standing_in, root),
        ..artifact.clone()
    });
    let diagnostics = report.diagnostics.iter().cloned().map(|mut diagnostic| {
        let path = diagnostic.path.as_ref();
        diagnostic.path = path.map(|path| place(path, standing_in, root));
        diagnostic
    });
    (artifacts.collect(), diagnostics.collect())
}

/// The report as SARIF. Paths of the report start at `standing_in`; in the log they start at the root of the
/// repository there, and what lies outside of it has its full address.
pub fn sarif(report: &ArtifactReport, standing_in: &Path) -> Result<String, ScanError> {
    let (artifacts, diagnostics) = placed(report, standing_in);
    let findings: Vec<Finding> = artifacts.iter().flat_map(of).collect();
    let seen: BTreeMap<&RepoPath, &Artifact> = artifacts
        .iter()
        .map(|artifact| (&artifact.path, artifact))
        .collect();
    let said = |finding: &Finding| {
        let artifact = seen.get(&finding.location.path);
        let is_own = finding.rule.as_str() == RULE;
        artifact.map_or_else(Said::default, |artifact| Said {
            properties: properties(artifact, is_own),
            bytes: artifact
                .reasons
                .first()
                .filter(|_| is_own)
                .and_then(|reason| byte_of(reason, artifact.size)),
        })
    };
    Ok(trueline_sarif::write_with(
        &findings,
        &diagnostics,
        &rule_text(),
        VERSION,
        "models",
        &said,
    )?)
}

/// The byte of the file at which a reason stands. In a member an offset is no place of the file, and 0 is also what a
/// reason has that speaks of the whole.
fn byte_of(reason: &Reason, size: u64) -> Option<Range<u64>> {
    let is_told = reason.members.is_empty() && (1..size).contains(&reason.offset);
    is_told.then(|| reason.offset..reason.offset + 1)
}

/// The report as one of a scan, for formats that have findings alone. Its time is that of the commit it stands on.
pub fn as_scan(report: &ArtifactReport, standing_in: &Path) -> Result<ScanReport, ScanError> {
    let (artifacts, diagnostics) = placed(report, standing_in);
    let place = Place::open_for_code(standing_in)?;
    let time = place.repository().and_then(|repository| {
        let head = repository.resolve(None).ok().flatten()?;
        let (_, committer) = repository.signatures(head)?;
        Some(Timestamp(committer.seconds))
    });
    let mut scan = crate::scan::observed(&place, None);
    scan.repository.head_time = time;
    scan.findings = artifacts.iter().flat_map(of).collect();
    scan.diagnostics = diagnostics;
    Ok(scan)
}

/// What a log says of a model beside its message.
fn properties(artifact: &Artifact, with_reason: bool) -> BTreeMap<&'static str, Value> {
    let mut out = BTreeMap::from([
        ("verdict", json!(artifact.verdict)),
        ("formats", json!(artifact.formats)),
    ]);
    if let Some(hash) = &artifact.sha256 {
        out.insert("sha256", json!(hash));
    }
    if with_reason {
        // The first reason is the message: its fields stand by themselves, and all are listed for triage.
        let reasons = artifact
            .reasons
            .iter()
            .filter(|reason| reason.verdict > Verdict::Clean);
        if let Some(first) = reasons.clone().next() {
            out.extend(described(first));
        }
        let all: Vec<Value> = reasons
            .map(|reason| {
                let mut fields = described(reason);
                fields.insert("message", json!(reason.message));
                fields.insert("verdict", json!(reason.verdict));
                json!(fields)
            })
            .collect();
        out.insert("reasons", json!(all));
    }
    out
}

/// What stands beside the message of a reason.
fn described(reason: &Reason) -> BTreeMap<&'static str, Value> {
    let mut out = BTreeMap::from([
        ("technique", json!(reason.technique)),
        ("offset", json!(reason.offset)),
    ]);
    if !reason.members.is_empty() {
        out.insert("members", json!(reason.members));
    }
    if let Some(call) = &reason.call {
        out.insert("call", json!(call));
    }
    if let Some(cwe) = reason.cwe {
        out.insert("cwe", json!(cwe));
    }
    if !reason.references.is_empty() {
        out.insert("references", json!(reason.references));
    }
    out
}

/// A path of a report as one of the repository, or in full if it lies outside.
fn place(path: &RepoPath, standing_in: &Path, root: &Path) -> RepoPath {
    let Ok(path) = path.as_bytes().to_path() else {
        return path.clone();
    };
    let whole = plain(&standing_in.join(path));
    let placed = whole.strip_prefix(root).unwrap_or(&whole);
    RepoPath::new(<[u8]>::from_path(placed).unwrap_or_default())
}

/// A path without `.` and `..`.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
