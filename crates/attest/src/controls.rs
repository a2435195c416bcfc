//! Controls of a standard as data, held against a commit and the log: what is evidenced, attested by a person, or open.
//!
//! The standard's controls stand in `rules/standards/`. What persons say is in `.trueline/controls.toml` of the same
//! commit, with an expiry. Signs are looked for in committed files only, so that the report is about what was reviewed.

mod commands;
mod gates;
mod signs;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use trueline_facts::attestation::Verification;
use trueline_facts::control::{
    ControlClass, ControlReport, ControlState, ControlStatement, ControlStatus, SCHEMA,
};
use trueline_facts::{CommitId, Timestamp};

use crate::AttestError;
use crate::log::Log;
pub use gates::GateAsk;
pub use signs::Sign;
pub use statements::STATEMENTS_FILE;

const AISVS: &str = include_str!("../../../rules/standards/aisvs-1.0-appendix-c.toml");

/// A standard as its file tells it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// Of the format.
    pub schema: u32,
    /// Its id.
    pub id: String,
    /// As it is called.
    pub title: String,
    /// Names of families by id.
    pub families: BTreeMap<String, String>,
    /// Its controls, in order.
    #[serde(rename = "control")]
    pub controls: Vec<Control>,
}

/// A control of a standard.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its id in the standard.
    pub id: String,
    /// 1 to 3.
    pub level: u8,
    /// Who answers it.
    pub class: ControlClass,
    /// What it asks.
    pub ask: String,
    /// What answers it, and what does not.
    pub answer: String,
    /// What is looked for.
    #[serde(default)]
    pub signs: Vec<Sign>,
    /// The gates of which one has to speak, for [`Sign::Gates`].
    #[serde(default)]
    pub gates: Vec<GateAsk>,
    /// Practices of SSDF.
    pub ssdf: Vec<String>,
    /// Controls that it repeats.
    #[serde(default)]
    pub restates: Vec<String>,
}

/// OWASP AISVS 1.0, Appendix C.
pub fn aisvs() -> Result<Standard, AttestError> {
    toml::from_str(AISVS).map_err(|error| AttestError::Statements {
        file: "rules/standards/aisvs-1.0-appendix-c.toml".to_owned(),
        line: error
            .span()
            .map_or(1, |span| statements::line_of(AISVS, span.start)),
        why: error.message().to_owned(),
    })
}

/// Holds a standard against a commit, the log as it was verified, and a day.
pub fn report(
    standard: &Standard,
    log: &Log,
    commit: &CommitId,
    name: &str,
    verification: &Verification,
    as_of: Timestamp,
) -> Result<ControlReport, AttestError> {
    let tree = log.files_of(commit)?;
    let known: BTreeSet<&str> = standard.controls.iter().map(|c| c.id.as_str()).collect();
    let statements = statements::read(&tree, &known)?;
    let found = signs::look(log, commit, &tree, verification);
    let controls = standard
        .controls
        .iter()
        .map(|control| status(control, &found, statements.get(&control.id), as_of))
        .collect();
    Ok(ControlReport {
        schema: SCHEMA.to_owned(),
        trueline_version: env!("CARGO_PKG_VERSION").to_owned(),
        standard: standard.title.clone(),
        repository: name.to_owned(),
        commit: commit.clone(),
        as_of,
        attestations: if verification.holds() {
            verification.entries.len() as u64
        } else {
            0
        },
        log_head: verification.head.clone(),
        log_problems: signs::problems(verification, &found),
        families: standard.families.clone(),
        controls,
    })
}

fn status(
    control: &Control,
    found: &signs::Found,
    statement: Option<&ControlStatement>,
    as_of: Timestamp,
) -> ControlStatus {
    let mut evidence = Vec::new();
    let mut missing = Vec::new();
    for sign in &control.signs {
        match found.of(*sign, &control.gates, &control.id) {
            Some(there) => evidence.extend(there),
            None => missing.push(signs::Found::missing(*sign, &control.gates)),
        }
    }
    // Days in this form are in the order of their text.
    let valid = statement.map(|s| s.expires.as_str() >= as_of.date().as_str());
    let all = missing.is_empty() && !control.signs.is_empty();
    let state = match (control.class, valid) {
        (ControlClass::Person | ControlClass::Assisted, Some(false)) => ControlState::Expired,
        (ControlClass::Person, Some(true)) => ControlState::Attested,
        (ControlClass::Assisted, Some(true)) if all => ControlState::Attested,
        (ControlClass::Assisted, None) if all => ControlState::Unjudged,
        (ControlClass::Automated, _) if all => ControlState::Evidenced,
        _ if !evidence.is_empty() => ControlState::Partial,
        // What only a person says of something that should have been found is not enough, and not nothing.
        (ControlClass::Assisted, Some(true)) => ControlState::Partial,
        _ => ControlState::Open,
    };
    ControlStatus {
        id: control.id.clone(),
        level: control.level,
        ask: control.ask.clone(),
        class: control.class,
        state,
        answer: control.answer.clone(),
        evidence,
        missing,
        statement: statement.cloned(),
        ssdf: control.ssdf.clone(),
        restates: control.restates.clone(),
    }
}
