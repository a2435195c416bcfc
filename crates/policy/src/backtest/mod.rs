//! Replaying a policy over changes that are merged: what each gate would have said, and what became of
//! the changes it spoke of.
//!
//! Changes come one by one, with their fate, from whoever can read history; of each only what the
//! figures need is kept. No repository is seen here. Statistics: `docs/METHODS.md`.

mod figures;
pub mod forecast;
mod ratio;

use trueline_facts::backtest::SizeClass;
use trueline_facts::change::{AuthorKind, Change, FactName, NotKnown, ZoneId};
use trueline_facts::verdict::{GateOutcome, GateResult, Outcome, Verdict};
use trueline_facts::{CommitId, Timestamp, ToolId};

pub use self::figures::{About, figures};
use crate::evaluate::{gates, reads_nothing};
use crate::policy::Policy;

/// A change that is merged, and what became of it.
#[derive(Clone, PartialEq, Debug)]
pub struct PastChange {
    /// Its facts.
    pub change: Change,
    /// When it was merged.
    pub merged: Timestamp,
    /// Days until it was reverted, or a later fix rewrote one of its lines; `None` if neither
    /// happened before history ends.
    pub bad_after: Option<u32>,
    /// Days from its merge to the end of history.
    pub watched_days: u32,
    /// Minutes from its opening to the first approval of another person, where a forge told.
    pub review_minutes: Option<u64>,
}

/// What a gate said of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Pass, fail or undetermined.
    pub outcome: GateOutcome,
    /// How many reasons stood.
    pub reasons: u64,
    /// The first of them.
    pub first: String,
    /// What it needed and nobody knew.
    pub missing: Vec<FactName>,
    /// It looks for weaknesses, and no rule reads any of the source code: it passed unread.
    pub unread: bool,
}

/// What is kept of a change.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// Its commit on the branch.
    pub commit: Option<CommitId>,
    /// When it was merged.
    pub merged: Timestamp,
    /// Who wrote it, in a word.
    pub origin: AuthorKind,
    /// How large it is.
    pub size: SizeClass,
    /// AI lines outside of generated files.
    pub ai_lines: u64,
    /// Tools that had a part in it.
    pub tools: Vec<ToolId>,
    /// Zones that it touched, and whether with AI lines.
    pub zones: Vec<(ZoneId, bool)>,
    /// Days until it went bad.
    pub bad_after: Option<u32>,
    /// Days that it was watched for.
    pub watched_days: u32,
    /// What the whole policy comes to.
    pub outcome: Outcome,
    /// What each gate said, in the policy's order.
    pub gates: Vec<Said>,
    /// What was not known.
    pub not_known: Vec<NotKnown>,
    /// As in [`PastChange`].
    pub review_minutes: Option<u64>,
}

impl Judged {
    /// Whether it went bad within so many days; `None` if it was not watched for so long and did not.
    #[must_use]
    pub fn went_bad(&self, within: u32) -> Option<bool> {
        match self.bad_after {
            // A bad end in time is known even if the watch is shorter, but counting those alone would
            // make young changes look worse than old ones.
            _ if self.watched_days < within => None,
            Some(days) => Some(days <= within),
            None => Some(false),
        }
    }
}

/// Judges one change by a policy, without exceptions: what somebody was permitted was there all the
/// same.
#[must_use]
pub fn judge(policy: &Policy, past: &PastChange) -> Judged {
    let change = &past.change;
    let results = gates(policy, change);
    let mut zones: Vec<(ZoneId, bool)> = Vec::new();
    for file in &change.files {
        for zone in &file.zones {
            if !zones.iter().any(|(known, _)| known == zone) {
                let ai = change.ai_hunks().any(|hunk| hunk.zones.contains(zone));
                zones.push((zone.clone(), ai));
            }
        }
    }
    zones.sort();
    Judged {
        commit: change.range.head.clone(),
        merged: past.merged,
        origin: origin(change),
        size: SizeClass::of(change.size.added.total() + change.size.removed),
        ai_lines: change.size.added.ai,
        tools: tools(change),
        zones,
        bad_after: past.bad_after,
        watched_days: past.watched_days,
        outcome: Verdict::outcome_of(&results),
        gates: results
            .into_iter()
            .zip(&policy.gates)
            .map(|(result, gate)| said(result, reads_nothing(policy, change, gate)))
            .collect(),
        not_known: change.not_known.clone(),
        review_minutes: past.review_minutes,
    }
}

fn said(result: GateResult, reads_nothing: bool) -> Said {
    let standing = result.open_reasons().count() as u64;
    let first = result.open_reasons().next();
    Said {
        unread: reads_nothing && result.outcome == GateOutcome::Pass,
        outcome: result.outcome,
        reasons: standing,
        first: first.map_or_else(String::new, |reason| reason.text.clone()),
        missing: result.missing,
    }
}

fn tools(change: &Change) -> Vec<ToolId> {
    let mut tools: Vec<ToolId> = change.tools.iter().map(|used| used.tool.clone()).collect();
    tools.sort();
    tools.dedup();
    tools
}

fn origin(change: &Change) -> AuthorKind {
    let added = change.size.added;
    if added.ai > 0 || !change.tools.is_empty() {
        AuthorKind::Ai
    } else if added.human > 0 && added.unknown == 0 {
        AuthorKind::Human
    } else {
        AuthorKind::Unknown
    }
}
