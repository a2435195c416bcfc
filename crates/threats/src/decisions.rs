//! What people decided about threats: `.trueline/threats.toml`, read and laid over a model. A decision
//! whose threat is gone, or whose day has passed, is told and does nothing.

use serde::Deserialize;
use thiserror::Error;
use trueline_facts::threat::{DecidedState, Decision, ThreatModel, ThreatState};
use trueline_facts::{Diagnostic, Level};

/// Where decisions are kept, from the root of a repository.
pub const FILE: &str = ".trueline/threats.toml";

/// Why a file of decisions is of no use.
#[derive(Debug, Error)]
pub enum DecisionError {
    /// It is no TOML, or has keys that mean nothing.
    #[error("{FILE}: {0}")]
    Format(#[from] toml::de::Error),
    /// An acceptance without an end.
    #[error("{FILE}: the acceptance of {threat} needs `expires = \"YYYY-MM-DD\"`")]
    Endless {
        /// Of which threat.
        threat: String,
    },
    /// A day that is none.
    #[error("{FILE}: `{day}` of {threat} is no day; write YYYY-MM-DD")]
    Day {
        /// Of which threat.
        threat: String,
        /// As written.
        day: String,
    },
    /// Nobody answers for it, or nothing is said.
    #[error("{FILE}: the decision on {threat} needs an owner and a reason")]
    Unowned {
        /// Of which threat.
        threat: String,
    },
    /// Two decisions on one threat.
    #[error("{FILE}: {threat} is decided twice")]
    Twice {
        /// Which threat.
        threat: String,
    },
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    decision: Vec<Decision>,
}

/// Reads decisions.
pub fn parse(text: &str) -> Result<Vec<Decision>, DecisionError> {
    let file: File = toml::from_str(text)?;
    let mut seen = std::collections::BTreeSet::new();
    for one in &file.decision {
        let threat = one.threat.clone();
        if one.owner.trim().is_empty() || one.reason.trim().is_empty() {
            return Err(DecisionError::Unowned { threat });
        }
        match &one.expires {
            Some(day) if !is_day(day) => {
                return Err(DecisionError::Day {
                    threat,
                    day: day.clone(),
                });
            }
            None if one.state == DecidedState::Accepted => {
                return Err(DecisionError::Endless { threat });
            }
            _ => {}
        }
        if !seen.insert(one.threat.clone()) {
            return Err(DecisionError::Twice { threat });
        }
    }
    Ok(file.decision)
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let number = |text: &str, digits: usize| {
        (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    number(year, 4).is_some()
        && number(month, 2).is_some_and(|m| (1..=12).contains(&m))
        && number(day, 2).is_some_and(|d| (1..=31).contains(&d))
}

/// Lays decisions over a model. `today` is `YYYY-MM-DD`.
pub fn apply(model: &mut ThreatModel, decisions: &[Decision], today: &str) {
    for decision in decisions {
        let threat = model.threats.iter_mut().find(|t| t.id == decision.threat);
        let Some(threat) = threat else {
            model.diagnostics.push(Diagnostic::new(
                Level::Note,
                "threat-decision-unused",
                format!(
                    "The decision on threat {} (owner {}) has no threat any more: the code that gave \
                     reason for it changed. Take it out of {FILE}.",
                    decision.threat, decision.owner
                ),
            ));
            continue;
        };
        if let Some(day) = decision.expires.as_deref().filter(|day| *day < today) {
            model.diagnostics.push(Diagnostic::new(
                Level::Warning,
                "threat-decision-expired",
                format!(
                    "The decision on threat {} ({}) ended on {day}; it is open again.",
                    decision.threat, threat.title
                ),
            ));
            continue;
        }
        threat.state = match decision.state {
            DecidedState::Accepted => ThreatState::Accepted,
            DecidedState::MitigatedElsewhere => ThreatState::MitigatedElsewhere,
            DecidedState::NotApplicable => ThreatState::NotApplicable,
        };
        threat.decision = Some(decision.clone());
    }
    sort(model);
}

/// Open threats first, the most severe of them first.
pub(crate) fn sort(model: &mut ThreatModel) {
    model.threats.sort_by(|a, b| {
        (
            a.state,
            std::cmp::Reverse(a.severity),
            &a.rule,
            &a.title,
            &a.id,
        )
            .cmp(&(
                b.state,
                std::cmp::Reverse(b.severity),
                &b.rule,
                &b.title,
                &b.id,
            ))
    });
}
