//! Which commits of a history may repeat a source: those that came after it and touch the same
//! files, and those that share with it what rewriting keeps.

use std::cmp::Reverse;

use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::agreement::most;
use super::super::rewritten::{Kinship, Mark};
use super::super::squash::Ancestry;
use super::Known;
use super::outside::{Outside, Source, Work};
use crate::model::{Commit, CommitIx, History};
use crate::repository::Repository;
use crate::walk::touched::{self, Touched};

/// A commit lands within this time, or is not looked for: seconds.
const WINDOW: i64 = 120 * 86_400;
/// Commits that one source is compared with: the nearest kin, then the first that came after it.
const MAX_TARGETS: usize = 8;

/// A source, and a commit of this history that may repeat it.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) source: usize,
    pub(super) commit: CommitIx,
    pub(super) kinship: Kinship,
    pub(super) place: Place,
}

/// Where a commit stands that may repeat a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// On the very parent of the source, as after an amend, or on what that parent was rewritten
    /// to, as after a rebase; on what a branch was built on.
    Same,
    /// Elsewhere.
    Another,
}

/// The commits of a history that may repeat something.
pub(super) struct Candidates<'c> {
    history: &'c History,
    known: &'c Known<'c>,
    outside: &'c Outside,
    by_path: &'c ByPath,
    ancestry: &'c Ancestry<'c>,
    marks: FxHashMap<CommitIx, Mark>,
    by_time: FxHashMap<i64, Vec<CommitIx>>,
    by_name: FxHashMap<(Vec<u8>, Vec<u8>), Vec<CommitIx>>,
    /// What noted commits became, as far as that is known already.
    rewritten: FxHashMap<ObjectId, Vec<CommitIx>>,
}

impl<'c> Candidates<'c> {
    pub(super) fn new(
        history: &'c History,
        known: &'c Known<'c>,
        outside: &'c Outside,
        by_path: &'c ByPath,
        ancestry: &'c Ancestry<'c>,
    ) -> Self {
        let paired = known.paired.iter().map(|pair| pair.0);
        let taken: FxHashSet<CommitIx> =
            paired.filter(|ix| !known.silent.contains_key(ix)).collect();
        let mut rewritten: FxHashMap<ObjectId, Vec<CommitIx>> = FxHashMap::default();
        for rewrite in known.rewrites {
            for version in &rewrite.from {
                rewritten.entry(version.id).or_default().push(rewrite.to);
            }
        }
        let mut candidates = Self {
            history,
            known,
            outside,
            by_path,
            ancestry,
            marks: FxHashMap::default(),
            by_time: FxHashMap::default(),
            by_name: FxHashMap::default(),
            rewritten,
        };
        for (commit, ix) in history.commits.iter().zip((0..).map(CommitIx)) {
            if commit.is_merge() || taken.contains(&ix) {
                continue;
            }
            let mark = mark(commit);
            let at = candidates.by_time.entry(commit.author_time.0);
            at.or_default().push(ix);
            let name = (mark.email().to_vec(), mark.subject().to_vec());
            candidates.by_name.entry(name).or_default().push(ix);
            candidates.marks.insert(ix, mark);
        }
        candidates
    }

    /// Sources with the commits that may repeat them, by source.
    pub(super) fn pairs(&self, sources: &[Source]) -> Vec<Pair> {
        let pairs = sources.iter().enumerate();
        pairs.flat_map(|(at, source)| self.of(at, source)).collect()
    }

    fn of(&self, at: usize, source: &Source) -> Vec<Pair> {
        let noted =
            source.work == Work::Branch || self.known.located.by_commit.contains_key(&source.id);
        let carried = self.rewritten.get(&source.id);
        let carried = carried.map_or(&[][..], Vec::as_slice);
        let may_repeat = |ix: &CommitIx| {
            let commit = self.history.commit(*ix);
            self.marks.contains_key(ix)
                && !carried.contains(ix)
                && commit.committer_time.0 >= source.read.time
                && commit.author_time.0 >= source.read.written
        };
        let soon =
            |ix: CommitIx| self.history.commit(ix).committer_time.0 - source.read.time <= WINDOW;
        let mut found: FxHashMap<CommitIx, Kinship> = FxHashMap::default();
        for (ix, hits) in self.by_path.touching(source) {
            if most(hits, source.files.len() as u32) && may_repeat(&ix) && soon(ix) {
                found.insert(ix, Kinship::None);
            }
        }
        if source.work != Work::Branch {
            let mark = &source.read.mark;
            let name = (mark.email().to_vec(), mark.subject().to_vec());
            let by_time = self.by_time.get(&source.read.written);
            let kin = by_time.into_iter().chain(self.by_name.get(&name));
            for ix in kin.flatten().filter(|ix| may_repeat(ix)) {
                let kinship = self.marks[ix].kinship(mark);
                if kinship == Kinship::Timed || (kinship == Kinship::Named && soon(*ix)) {
                    found.insert(*ix, kinship);
                }
            }
        }
        let mut found: Vec<(Kinship, CommitIx)> = found
            .into_iter()
            .map(|(ix, kinship)| (kinship, ix))
            .collect();
        found.sort_unstable_by_key(|(kinship, ix)| {
            (
                Reverse(*kinship),
                self.history.commit(*ix).committer_time,
                *ix,
            )
        });
        let beside = |ix: CommitIx| match source.work {
            Work::CommitHere(own) => {
                !self.ancestry.descends(ix, own) && !self.ancestry.descends(own, ix)
            }
            Work::Commit | Work::Branch => true,
        };
        let parent = self.parent_mark(source);
        found
            .into_iter()
            .filter(|(_, ix)| beside(*ix))
            .map(|(kinship, commit)| Pair {
                source: at,
                commit,
                kinship,
                place: self.place(source, parent.as_ref(), commit),
            })
            // A trailer counts only where a commit took the place of its own.
            .filter(|pair| noted || pair.place == Place::Same)
            .take(MAX_TARGETS)
            .collect()
    }

    /// What rewriting keeps of the parent of a source.
    fn parent_mark(&self, source: &Source) -> Option<Mark> {
        match source.work {
            Work::CommitHere(ix) => {
                let parent = self.history.commit(ix).parents.first()?;
                Some(mark(self.history.commit(*parent)))
            }
            Work::Commit | Work::Branch => {
                let parent = source.read.parents.first()?;
                self.outside
                    .commits
                    .get(parent)
                    .map(|read| read.mark.clone())
            }
        }
    }

    fn place(&self, source: &Source, parent: Option<&Mark>, ix: CommitIx) -> Place {
        let own = self.history.commit(ix).parents.first();
        let own = own.map(|own| self.history.commit(*own));
        let is_same = own.is_some_and(|own| match source.work {
            Work::Branch => Some(own.tree) == source.base,
            Work::Commit | Work::CommitHere(_) => {
                Some(&own.id) == source.read.parents.first() || parent == Some(&mark(own))
            }
        });
        if is_same { Place::Same } else { Place::Another }
    }
}

fn mark(commit: &Commit) -> Mark {
    Mark::new(&commit.author.email, commit.author_time.0, &commit.message)
}

/// What a history did to the files of the sources, newest first.
pub(super) struct ByPath {
    touched: Vec<Touched>,
    by_path: FxHashMap<Vec<u8>, Vec<u32>>,
}

impl ByPath {
    pub(super) fn new(repo: &Repository, history: &History, sources: &[Source]) -> Self {
        let wanted: FxHashSet<&[u8]> = sources
            .iter()
            .flat_map(|source| &source.files)
            .map(|file| &file.path[..])
            .collect();
        let touched = touched::by_paths(repo, history, &wanted);
        let mut by_path: FxHashMap<Vec<u8>, Vec<u32>> = FxHashMap::default();
        for (at, file) in touched.iter().enumerate() {
            if let Some(known) = by_path.get_mut(&file.path) {
                known.push(at as u32);
            } else {
                by_path.insert(file.path.clone(), vec![at as u32]);
            }
        }
        Self { touched, by_path }
    }

    /// What was done to a file, for [`Self::at`].
    pub(super) fn changes(&self, path: &[u8]) -> &[u32] {
        self.by_path.get(path).map_or(&[], Vec::as_slice)
    }

    pub(super) fn at(&self, change: u32) -> &Touched {
        &self.touched[change as usize]
    }

    /// The commits that touch the files of a source, with the number of these files.
    fn touching(&self, source: &Source) -> FxHashMap<CommitIx, u32> {
        let mut hits: FxHashMap<CommitIx, u32> = FxHashMap::default();
        for file in &source.files {
            for change in self.changes(&file.path) {
                *hits.entry(self.at(*change).commit).or_default() += 1;
            }
        }
        hits
    }
}
