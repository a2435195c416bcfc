//! A verdict as a SARIF log: a gate is a rule, a reason with a place a result.
//!
//! A category of its own, so that an upload does not replace what a scan found. Reasons without a place
//! have no line to stand on: they are notifications of the run, in the log and for who reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use trueline_facts::verdict::{GateOutcome, GateResult, Mode, Reason, Verdict};
use trueline_facts::{Location, Position, RepoPath};

use crate::log;
use crate::write::{
    BASE, MAX_RESULTS, limit_notification, location, message, notification, shorten,
};

/// The driver name of verdicts: what is imported must not take them for findings of ours.
pub const GATE_ENGINE: &str = "trueline gate";

/// Writes the log. `line_hash` gives GitHub's hash of a line.
///
/// # Errors
/// Fails only if a property cannot be written as JSON.
pub fn write_verdict(
    verdict: &Verdict,
    version: &str,
    line_hash: &dyn Fn(&RepoPath, u32) -> Option<String>,
) -> Result<String, serde_json::Error> {
    // Gates in `observe` say nothing to anybody.
    let speaking: Vec<&GateResult> = verdict
        .gates
        .iter()
        .filter(|gate| gate.mode > Mode::Observe && gate.effect().is_some())
        .collect();
    let mut results = Vec::new();
    let mut notifications: Vec<log::Notification> =
        verdict.diagnostics.iter().map(notification).collect();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for (at, gate) in speaking.iter().enumerate() {
        if gate.outcome == GateOutcome::Undetermined {
            notifications.push(note(gate, &gate.because));
        }
        for reason in gate.open_reasons() {
            match &reason.path {
                Some(path) => results.push(result(gate, at, reason, path, &mut seen, line_hash)?),
                None => notifications.push(note(gate, &reason.text)),
            }
        }
    }
    if results.len() > MAX_RESULTS {
        notifications.push(limit_notification(&format!(
            "{} of {} results are left out: a run holds at most {MAX_RESULTS}",
            results.len() - MAX_RESULTS,
            results.len()
        )));
        results.truncate(MAX_RESULTS);
    }
    let run = log::Run {
        tool: log::Tool {
            driver: log::ToolComponent {
                name: GATE_ENGINE.to_owned(),
                semantic_version: Some(version.to_owned()),
                organization: Some("Trueline"),
                rules: speaking.iter().map(|gate| descriptor(gate)).collect(),
                ..log::ToolComponent::default()
            },
        },
        automation_details: log::AutomationDetails {
            id: "trueline/gate/".to_owned(),
        },
        invocations: vec![log::Invocation {
            execution_successful: !notifications.iter().any(|n| n.level == "error"),
            tool_execution_notifications: notifications,
        }],
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: BTreeMap::from([(
            BASE,
            log::BaseUri {
                description: message("The root of the repository."),
            },
        )]),
        taxonomies: Vec::new(),
        results,
        properties: BTreeMap::from([
            ("outcome", serde_json::to_value(verdict.outcome)?),
            ("policyDigest", Value::from(verdict.policy_digest.clone())),
            ("factsDigest", Value::from(verdict.facts_digest.clone())),
        ]),
    };
    let mut text = serde_json::to_string_pretty(&log::Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: vec![run],
    })?;
    text.push('\n');
    Ok(text)
}

const fn level(mode: Mode) -> &'static str {
    match mode {
        Mode::Block => "error",
        Mode::Comment => "warning",
        Mode::Observe => "note",
    }
}

fn note(gate: &GateResult, text: &str) -> log::Notification {
    log::Notification {
        // An error would say that the run failed; the gate did.
        level: "warning",
        message: message(&format!("{}: {text}", gate.title)),
        descriptor: log::NotificationDescriptor {
            id: gate.id.clone(),
        },
        locations: Vec::new(),
    }
}

fn descriptor(gate: &GateResult) -> log::ReportingDescriptor {
    log::ReportingDescriptor {
        id: gate.id.clone(),
        name: None,
        short_description: message(&shorten(&gate.title)),
        full_description: message(&shorten(&gate.title)),
        help: log::Help {
            text: shorten(&gate.title),
            markdown: Some(gate.title.clone()),
        },
        help_uri: None,
        default_configuration: log::Configuration {
            level: level(gate.mode).to_owned(),
        },
        relationships: Vec::new(),
        properties: log::RuleProperties {
            security_severity: Some(
                match gate.mode {
                    Mode::Block => "8.0",
                    Mode::Comment => "5.5",
                    Mode::Observe => "2.0",
                }
                .to_owned(),
            ),
            precision: Some("high".to_owned()),
            problem_severity: None,
            kind: None,
            tags: std::iter::once("policy".to_owned())
                .chain(gate.controls.iter().take(9).cloned())
                .collect(),
        },
    }
}

fn result(
    gate: &GateResult,
    rule_index: usize,
    reason: &Reason,
    path: &RepoPath,
    seen: &mut BTreeMap<String, u32>,
    line_hash: &dyn Fn(&RepoPath, u32) -> Option<String>,
) -> Result<log::ResultObject, serde_json::Error> {
    let line = reason.line.unwrap_or(0);
    let place = Position { line, column: 1 };
    let at = Location {
        path: path.clone(),
        start: place,
        end: place,
        snippet: String::new(),
    };
    let mut fingerprints = BTreeMap::from([(
        "trueline-gate/v1".to_owned(),
        mark(gate, reason, path, seen),
    )]);
    if let Some(hash) = line_hash(path, line) {
        fingerprints.insert("primaryLocationLineHash".to_owned(), hash);
    }
    let mut text = reason.text.clone();
    for more in [&reason.easiest, &reason.to_pass] {
        if !more.is_empty() {
            text.push(' ');
            text.push_str(more);
        }
    }
    let mut properties = BTreeMap::from([("mode", serde_json::to_value(gate.mode)?)]);
    if let Some(rule) = &reason.rule {
        properties.insert("rule", serde_json::to_value(rule)?);
    }
    if !reason.ask.is_empty() {
        properties.insert("ask", serde_json::to_value(&reason.ask)?);
    }
    Ok(log::ResultObject {
        rule_id: gate.id.clone(),
        rule_index,
        level: level(gate.mode).to_owned(),
        message: message(&text),
        locations: [location(&at, "", None)],
        related_locations: Vec::new(),
        code_flows: Vec::new(),
        fingerprints: BTreeMap::new(),
        partial_fingerprints: fingerprints,
        suppressions: Vec::new(),
        fixes: Vec::new(),
        properties,
    })
}

/// A reason by gate and finding, or by gate, file and text; equal ones are numbered.
fn mark(
    gate: &GateResult,
    reason: &Reason,
    path: &RepoPath,
    seen: &mut BTreeMap<String, u32>,
) -> String {
    let mut hash = Sha256::new();
    for part in [
        gate.id.as_bytes(),
        path.as_bytes(),
        reason
            .fingerprint
            .as_ref()
            .map_or(reason.text.as_bytes(), |f| f.as_str().as_bytes()),
    ] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut digest = String::new();
    for byte in hash.finalize().iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    let number = seen.entry(digest.clone()).or_insert(0);
    *number += 1;
    format!("{digest}:{number}")
}
