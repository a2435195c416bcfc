//! Which commits of a history descend from which.

use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::{CommitIx, History};

/// Which commits of a history descend from which.
pub(in crate::evidence) struct Ancestry<'h> {
    pub(super) history: &'h History,
    by_id: FxHashMap<ObjectId, CommitIx>,
    /// Is it a first parent of a first parent and so on of HEAD?
    main_line: Vec<bool>,
}

impl<'h> Ancestry<'h> {
    pub(in crate::evidence) fn new(history: &'h History) -> Self {
        let ids = history.commits.iter().zip(0..);
        let mut main_line = vec![false; history.commits.len()];
        let mut at = (!history.commits.is_empty()).then_some(CommitIx(0));
        while let Some(ix) = at {
            main_line[ix.0 as usize] = true;
            at = history.commit(ix).parents.first().copied();
        }
        Self {
            history,
            by_id: ids.map(|(c, ix)| (c.id, CommitIx(ix))).collect(),
            main_line,
        }
    }

    pub(in crate::evidence) fn is_on_main_line(&self, ix: CommitIx) -> bool {
        self.main_line[ix.0 as usize]
    }

    pub(super) fn ix(&self, id: ObjectId) -> Option<CommitIx> {
        self.by_id.get(&id).copied()
    }

    /// Whether `commit` descends from `other`, or is the same. Also yes when that is too far to
    /// follow: what a squash already had is never credited to its branch.
    pub(in crate::evidence) fn descends(&self, commit: CommitIx, other: CommitIx) -> bool {
        // Children come before parents.
        if commit >= other {
            return commit == other;
        }
        let on_main_line = |ix: CommitIx| self.main_line[ix.0 as usize];
        if on_main_line(commit) && on_main_line(other) {
            return true;
        }
        let mut seen = FxHashSet::default();
        let mut todo = vec![commit];
        while let Some(ix) = todo.pop() {
            if ix == other || seen.len() > MAX_ANCESTRY {
                return true;
            }
            let parents = self.history.commit(ix).parents.iter().copied();
            todo.extend(parents.filter(|parent| *parent <= other && seen.insert(*parent)));
        }
        false
    }
}

/// Commits looked at to tell whether a squash descends from another commit.
const MAX_ANCESTRY: usize = 10_000;
