//! What is tried: every built-in gate, some with several numbers, over the zones of the survey.

use std::path::Path;

use trueline_facts::Severity;
use trueline_facts::change::{AuthorKind, ZoneId};
use trueline_facts::suggestion::ZoneKind;
use trueline_facts::verdict::Mode;

use super::Survey;
use super::write::quoted_list;
use crate::gate::{Condition, Gate, GateId, Scope, defaults};
use crate::policy::{Names, Policy, PolicyError};

/// The gate of our own that stands in for `large-ai-change` where reviews are not known.
pub(super) const SIZE_GATE: &str = "reviewable-ai-change";

/// A gate with one set of numbers.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Candidate {
    /// The gate that it is a form of.
    pub(super) id: String,
    pub(super) title: String,
    /// Settings as the policy writes them.
    pub(super) settings: Vec<String>,
    /// It looks at AI lines only.
    pub(super) of_ai: bool,
}

/// A policy in which every form of every gate observes.
#[derive(Debug)]
pub struct Candidates {
    /// What changes are judged by.
    pub policy: Policy,
    /// Of each of its gates, in their order.
    pub(super) all: Vec<Candidate>,
}

impl Candidates {
    /// Builds them over the zones of a survey.
    pub fn new(survey: &Survey, names: &dyn Names) -> Result<Self, PolicyError> {
        let text: String = survey.zones.iter().map(super::write::zone_table).collect();
        let mut policy = Policy::parse(&text, Path::new("suggestion"), names)?;
        let sensitive = survey.ids(ZoneKind::Sensitive);
        let encouraged = survey.ids(ZoneKind::Encouraged);
        let mut gates: Vec<Gate> = Vec::new();
        let mut all: Vec<Candidate> = Vec::new();
        for row in defaults() {
            let gate = row.gate();
            for (settings, gate) in forms(&gate, &sensitive, &encouraged) {
                all.push(Candidate {
                    id: row.id.to_owned(),
                    title: gate.title.clone(),
                    settings,
                    of_ai: gate.scope.origin == [AuthorKind::Ai],
                });
                gates.push(gate);
            }
            if row.id == "large-ai-change" {
                for lines in [400, 800, 1_600, 3_200] {
                    let gate = size_gate(lines, &encouraged);
                    let mut settings = vec![format!("at-most = {lines}")];
                    settings.extend(except(&encouraged));
                    all.push(Candidate {
                        id: SIZE_GATE.to_owned(),
                        title: gate.title.clone(),
                        settings,
                        of_ai: true,
                    });
                    gates.push(gate);
                }
            }
        }
        policy.gates = gates;
        Ok(Self { policy, all })
    }
}

fn ids(zones: &[&str]) -> Vec<ZoneId> {
    zones.iter().map(|zone| ZoneId::new(*zone)).collect()
}

fn only(zones: &[&str]) -> String {
    format!("zones = {}", quoted_list(zones))
}

fn except(encouraged: &[&str]) -> Option<String> {
    (!encouraged.is_empty()).then(|| format!("except-zones = {}", quoted_list(encouraged)))
}

/// The forms of a gate, the one that asks the most first.
fn forms(gate: &Gate, sensitive: &[&str], encouraged: &[&str]) -> Vec<(Vec<String>, Gate)> {
    let mut forms = Vec::new();
    let lighter = |gate: &Gate| {
        let mut gate = gate.clone();
        gate.scope.except_zones = ids(encouraged);
        let settings: Vec<String> = except(encouraged).into_iter().collect();
        (settings, gate)
    };
    let in_sensitive = |gate: &Gate| {
        let mut gate = gate.clone();
        gate.scope.zones = ids(sensitive);
        (vec![only(sensitive)], gate)
    };
    match &gate.condition {
        Condition::Review(_) if !sensitive.is_empty() => forms.push(in_sensitive(gate)),
        Condition::Tests | Condition::Docs => {
            forms.push(if matches!(gate.condition, Condition::Docs) {
                lighter(gate)
            } else {
                (Vec::new(), gate.clone())
            });
            if !sensitive.is_empty() {
                forms.push(in_sensitive(gate));
            }
        }
        Condition::Findings(ask) if ask.min_severity == Severity::High => {
            forms.push((Vec::new(), gate.clone()));
            let mut worst = gate.clone();
            let mut ask = ask.clone();
            ask.min_severity = Severity::Critical;
            worst.condition = Condition::Findings(ask);
            forms.push((vec!["min-severity = \"critical\"".to_owned()], worst));
        }
        Condition::LargeChange { reviews, .. } => {
            for lines in [200, 400, 800, 1_600] {
                let (mut settings, mut form) = lighter(gate);
                form.condition = Condition::LargeChange {
                    max_lines: lines,
                    reviews: *reviews,
                };
                settings.insert(0, format!("max-lines = {lines}"));
                forms.push((settings, form));
            }
        }
        _ => forms.push((Vec::new(), gate.clone())),
    }
    forms
}

fn size_gate(lines: u32, encouraged: &[&str]) -> Gate {
    Gate {
        id: GateId::new(SIZE_GATE),
        title: "An AI change is of a size that somebody can review".to_owned(),
        mode: Mode::Observe,
        scope: Scope {
            origin: vec![AuthorKind::Ai],
            except_zones: ids(encouraged),
            ..Scope::default()
        },
        condition: Condition::Lines { at_most: lines },
        controls: Vec::new(),
        line: None,
    }
}
