//! Which commits show a sign of review, in their own message or in the merge that brought them in, and which were
//! approved as a forge's export tells.

use std::collections::BTreeSet;

use trueline_facts::CommitId;

use crate::evidence::Origins;
use crate::model::{CommitIx, History};

/// What a forge's export says of requests, by the commits that they became or ended at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ForgeReviews {
    /// Commits whose request is in the export.
    pub told: BTreeSet<CommitId>,
    /// Those whose request a person approved who did not open it.
    pub approved: BTreeSet<CommitId>,
}

/// Commits, by index, for which what is true of them or of the merge that brought them in holds.
#[derive(Debug)]
pub(super) struct Reviewed {
    /// A message shows review, or the export does.
    pub(super) shown: Vec<bool>,
    /// The export speaks of it.
    pub(super) told: Vec<bool>,
    /// The export has an approval.
    pub(super) approved: Vec<bool>,
}

/// What is known of the review of each commit.
pub(super) fn reviewed(history: &History, origins: &Origins, forge: &ForgeReviews) -> Reviewed {
    let among = |ids: &BTreeSet<CommitId>| {
        if ids.is_empty() {
            return vec![false; history.commits.len()];
        }
        brought_in(history, |ix| {
            ids.contains(&CommitId::new(history.commit(ix).id.to_string()))
        })
    };
    let approved = among(&forge.approved);
    let mut shown = brought_in(history, |ix| {
        origins
            .commits
            .get(ix.0 as usize)
            .is_some_and(|evidence| evidence.review.is_reviewed())
    });
    for (shown, approved) in shown.iter_mut().zip(&approved) {
        *shown |= approved;
    }
    Reviewed {
        shown,
        told: among(&forge.told),
        approved,
    }
}

/// For each commit: does something hold for it, or for a merge that brought it in?
///
/// History is cut into chains of first parents. A chain other than HEAD's belongs to the merge
/// that brought it in, which is the oldest merge that can reach it; what that merge shows holds for
/// the whole chain and for the chains that were merged into it. Each commit is visited once.
fn brought_in(history: &History, own: impl Fn(CommitIx) -> bool) -> Vec<bool> {
    let mut reviewed = vec![false; history.commits.len()];
    let mut seen = vec![false; history.commits.len()];
    let mut open: Vec<(CommitIx, bool)> = Vec::new();
    if !history.commits.is_empty() {
        open.push((CommitIx(0), false));
    }
    while let Some((start, inherited)) = open.pop() {
        let mut merges: Vec<CommitIx> = Vec::new();
        let mut next = Some(start);
        while let Some(ix) = next.take() {
            let (Some(seen), Some(reviewed)) =
                (seen.get_mut(ix.0 as usize), reviewed.get_mut(ix.0 as usize))
            else {
                break;
            };
            if std::mem::replace(seen, true) {
                break;
            }
            *reviewed = inherited || own(ix);
            let commit = history.commit(ix);
            if commit.parents.len() > 1 {
                merges.push(ix);
            }
            next = commit.parents.first().copied();
        }
        // The oldest merge goes on top, so that it claims what it brought in before newer ones.
        for merge in merges {
            let brings = inherited || own(merge);
            let others = history.commit(merge).parents.iter().skip(1);
            open.extend(others.rev().map(|parent| (*parent, brings)));
        }
    }
    reviewed
}
