//! The exercises for weaknesses that a scan or a gate found: one line each, after what was found.

use std::collections::BTreeSet;

use trueline_facts::{Cwe, RuleId};
use trueline_scenarios::Catalogue;
use trueline_scenarios::learn::choose::{self, Met};
use trueline_scenarios::learn::progress::Progress;

/// So many are named: an offer is no list.
const MOST: usize = 3;

/// A weakness that was found: its rule, its CWE if they are known, and the file.
pub(crate) type Found<'f> = (&'f RuleId, &'f [Cwe], String);

/// An exercise that is offered.
pub(crate) struct Offer {
    pub(crate) rule: RuleId,
    pub(crate) title: String,
    pub(crate) minutes: u32,
}

impl Offer {
    /// As a sentence; `code` sets a command.
    pub(crate) fn told(&self, code: impl Fn(&str) -> String) -> String {
        let command = code(&format!("trueline learn from-finding {}", self.rule));
        format!(
            "{command} (\"{}\", about {} minutes)",
            self.title, self.minutes
        )
    }
}

/// What fits, each exercise and each rule once. What the reader has solved is not asked: a comment has many readers.
pub(crate) fn offers<'f>(found: impl IntoIterator<Item = Found<'f>>) -> Vec<Offer> {
    let catalogue = Catalogue::builtin();
    let nobody = Progress::default();
    let mut seen = BTreeSet::new();
    let mut offers = Vec::new();
    for (rule, cwe, path) in found {
        if offers.len() == MOST {
            break;
        }
        if !seen.insert(rule.as_str().to_owned()) {
            continue;
        }
        let met = Met {
            rule: rule.clone(),
            cwe: cwe.to_vec(),
            language: choose::language_of(&path),
        };
        if let Some(proposal) = choose::for_weakness(&catalogue, &met, &nobody)
            && seen.insert(format!("exercise {}", proposal.scenario.id))
        {
            offers.push(Offer {
                rule: rule.clone(),
                title: proposal.scenario.definition.title.clone(),
                minutes: proposal.scenario.definition.minutes,
            });
        }
    }
    offers
}
