//! Which commits show a sign of review, in their own message or in the merge that brought them in.

use crate::evidence::Origins;
use crate::model::{CommitIx, History};

/// For each commit: does its message, or that of a merge that brought it in, show review?
///
/// History is cut into chains of first parents. A chain other than HEAD's belongs to the merge
/// that brought it in, which is the oldest merge that can reach it; what that merge shows holds for
/// the whole chain and for the chains that were merged into it. Each commit is visited once.
pub(super) fn reviewed(history: &History, origins: &Origins) -> Vec<bool> {
    let own = |ix: CommitIx| {
        origins
            .commits
            .get(ix.0 as usize)
            .is_some_and(|evidence| evidence.review.is_reviewed())
    };
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
