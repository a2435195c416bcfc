//! What stands outside of a history and may have been left behind: the commits of other branches,
//! noted commits that no branch has, and what each of them, or a branch as a whole, added.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicBool, Ordering};

use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::agreement::{self, ChangedFile};
use super::super::squash::{Ancestry, Read, read_commit};
use super::super::witnesses::speaks_of_author;
use super::Known;
use crate::model::{CommitIx, History};
use crate::repository::Repository;

/// Commits of other branches that are read.
const MAX_OUTSIDE: usize = 40_000;
/// Of those with evidence, the newest are compared: each costs many diffs.
const MAX_COMPARED: usize = 150;
/// A branch with more commits than this is not compared as a whole.
const MAX_BRANCH: usize = 100;

/// What a source is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Work {
    /// One commit.
    Commit,
    /// One commit of this history, which another line of work that was merged may repeat.
    CommitHere(CommitIx),
    /// All that a branch has and this history has not.
    Branch,
}

/// A commit or branch outside of this history, and what it changed.
pub(super) struct Source {
    pub(super) work: Work,
    /// The commit, or the head of the branch.
    pub(super) id: ObjectId,
    pub(super) read: Read,
    /// The tree that it was built on; `None` for a root.
    pub(super) base: Option<ObjectId>,
    pub(super) files: Vec<ChangedFile>,
    /// The commits of the branch that tell nothing of who wrote it.
    pub(super) silent: Vec<ObjectId>,
}

/// The newest noted commits beside which this history has another line of work, which may
/// repeat them: those on merged branches, and if there are any, those on the main line.
pub(super) fn beside(
    repo: &Repository,
    history: &History,
    ancestry: &Ancestry<'_>,
    known: &Known<'_>,
) -> Vec<Source> {
    let all = (0..history.commits.len() as u32).map(CommitIx);
    if all.clone().all(|ix| ancestry.is_on_main_line(ix)) {
        return Vec::new();
    }
    let mut noted: Vec<CommitIx> = all
        .filter(|ix| {
            let commit = history.commit(*ix);
            let noted = known.located.by_commit.contains_key(&commit.id);
            !commit.is_merge() && !commit.parents_missing && noted
        })
        .collect();
    noted.sort_unstable_by_key(|ix| (Reverse(history.commit(*ix).committer_time), *ix));
    noted.truncate(MAX_COMPARED);
    noted
        .into_par_iter()
        .map_init(
            || repo.local(),
            |repo, ix| {
                let commit = history.commit(ix);
                let base = commit.parents.first();
                let base = base.map(|parent| history.commit(*parent).tree);
                let files = agreement::changed_files(repo, history, ix);
                (!files.is_empty()).then_some(())?;
                Some(Source {
                    work: Work::CommitHere(ix),
                    id: commit.id,
                    read: read_commit(repo, commit.id)?,
                    base,
                    files,
                    silent: Vec::new(),
                })
            },
        )
        .flatten()
        .collect()
}

/// The commits outside of a history, by id.
pub(super) struct Outside {
    pub(super) commits: FxHashMap<ObjectId, Read>,
    inside: FxHashSet<ObjectId>,
}

impl Outside {
    /// Reads the commits of branches that are neither part of this history nor paired with a
    /// squash, and the noted commits that no branch has.
    pub(super) fn read(
        repo: &Repository,
        history: &History,
        known: &Known<'_>,
        interrupt: &AtomicBool,
    ) -> Self {
        let inside: FxHashSet<ObjectId> = history.commits.iter().map(|c| c.id).collect();
        let paired: FxHashSet<ObjectId> = known.paired.iter().map(|pair| pair.1).collect();
        let heads = known.refs.heads.iter().map(|(_, id)| *id);
        let noted = known.located.by_commit.keys().copied();
        let mut next: Vec<ObjectId> = heads
            .filter(|id| !paired.contains(id))
            .chain(noted)
            .filter(|id| !inside.contains(id))
            .collect();
        let noted: FxHashSet<ObjectId> = known.located.by_commit.keys().copied().collect();
        let on_branch: FxHashSet<ObjectId> = known.refs.heads.iter().map(|(_, id)| *id).collect();
        let mut found: FxHashMap<ObjectId, Read> = FxHashMap::default();
        let mut follow: FxHashSet<ObjectId> = on_branch;
        while !next.is_empty() && found.len() < MAX_OUTSIDE && !interrupt.load(Ordering::Relaxed) {
            next.sort_unstable();
            next.dedup();
            next.truncate(MAX_OUTSIDE - found.len());
            let read: Vec<(ObjectId, Option<Read>)> = next
                .par_iter()
                .map_init(|| repo.local(), |repo, id| (*id, read_commit(repo, *id)))
                .collect();
            next.clear();
            for (id, read) in read {
                let Some(read) = read else { continue };
                // What a branch descends from stands on it; what a mere note names does not.
                if follow.contains(&id) {
                    for parent in &read.parents {
                        if !inside.contains(parent)
                            && follow.insert(*parent)
                            && !found.contains_key(parent)
                        {
                            next.push(*parent);
                        }
                    }
                }
                found.insert(id, read);
            }
            // A noted commit that a branch turned out to stand on is followed, too.
            let again: Vec<ObjectId> = follow
                .iter()
                .filter(|id| noted.contains(*id))
                .filter_map(|id| found.get(id))
                .flat_map(|read| read.parents.iter().copied())
                .filter(|parent| !inside.contains(parent) && !found.contains_key(parent))
                .collect();
            for parent in again {
                follow.insert(parent);
                next.push(parent);
            }
        }
        Self {
            commits: found,
            inside,
        }
    }

    /// Those that have evidence and may have been rewritten, oldest first, then the branches.
    pub(super) fn sources(&self, repo: &Repository, known: &Known<'_>) -> Vec<Source> {
        let noted = |id: &ObjectId| known.located.by_commit.contains_key(id);
        let evident =
            |id: &ObjectId, read: &Read| noted(id) || read.signs.iter().any(speaks_of_author);
        let mut commits: Vec<(&ObjectId, &Read)> = self
            .commits
            .iter()
            .filter(|(id, read)| read.parents.len() < 2 && evident(id, read))
            .collect();
        commits.sort_unstable_by_key(|(id, read)| (read.time, **id));
        let older = commits.len().saturating_sub(MAX_COMPARED);
        commits.drain(..older);
        let paired: FxHashSet<ObjectId> = known.paired.iter().map(|pair| pair.1).collect();
        let mut heads: Vec<(&ObjectId, &Read)> = known
            .refs
            .heads
            .iter()
            .filter(|(_, id)| !paired.contains(id))
            .filter_map(|(_, id)| self.commits.get_key_value(id))
            .collect();
        heads.sort_unstable_by_key(|(id, read)| (read.time, **id));
        heads.dedup_by_key(|(id, _)| **id);
        let older = heads.len().saturating_sub(MAX_COMPARED);
        heads.drain(..older);
        let mut sources: Vec<Source> = commits
            .into_par_iter()
            .map_init(
                || repo.local(),
                |repo, (id, read)| {
                    let base = self.base_tree(repo, read)?;
                    let files = agreement::differing_files(repo, base, read.tree)?;
                    (!files.is_empty()).then(|| Source {
                        work: Work::Commit,
                        id: *id,
                        read: read.clone(),
                        base,
                        files,
                        silent: Vec::new(),
                    })
                },
            )
            .flatten()
            .collect();
        let branches: Vec<Source> = heads
            .into_par_iter()
            .map_init(
                || repo.local(),
                |repo, (id, _)| self.branch(repo, *id, &evident),
            )
            .flatten()
            .collect();
        sources.extend(branches);
        sources
    }

    /// A branch of several commits, as a whole, if any of them has evidence.
    fn branch(
        &self,
        repo: &gix::Repository,
        head: ObjectId,
        evident: &(impl Fn(&ObjectId, &Read) -> bool + Sync),
    ) -> Option<Source> {
        let mut seen: FxHashSet<ObjectId> = FxHashSet::default();
        let mut bases: Vec<(i64, ObjectId)> = Vec::new();
        let (mut changes, mut is_evident) = (0, false);
        let mut silent = Vec::new();
        let mut written = i64::MAX;
        let mut todo = vec![head];
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            let inside = self.inside.contains(&id);
            let Some(read) = self.commits.get(&id).filter(|_| !inside) else {
                let commit = read_commit(repo, id)?;
                bases.push((commit.time, commit.tree));
                continue;
            };
            if seen.len() > MAX_BRANCH {
                return None;
            }
            if evident(&id, read) {
                is_evident = true;
            } else {
                silent.push(id);
            }
            changes += u32::from(read.parents.len() < 2);
            written = written.min(read.written);
            todo.extend(read.parents.iter().copied());
        }
        if changes < 2 || !is_evident {
            return None;
        }
        // What it met of this history last is what its own work stands on.
        let base = bases.iter().max().map(|base| base.1);
        let mut read = self.commits.get(&head)?.clone();
        read.written = written;
        let files = agreement::differing_files(repo, base, read.tree)?;
        (!files.is_empty()).then_some(Source {
            work: Work::Branch,
            id: head,
            read,
            base,
            files,
            silent,
        })
    }

    /// The tree of the first parent; `Some(None)` for a root, `None` if it is not here.
    #[expect(
        clippy::option_option,
        reason = "a root is not the same as a parent that is missing"
    )]
    pub(super) fn base_tree(
        &self,
        repo: &gix::Repository,
        read: &Read,
    ) -> Option<Option<ObjectId>> {
        let Some(parent) = read.parents.first() else {
            return Some(None);
        };
        if let Some(parent) = self.commits.get(parent) {
            return Some(Some(parent.tree));
        }
        let parent = repo
            .try_find_object(*parent)
            .ok()??
            .try_into_commit()
            .ok()?;
        Some(Some(parent.tree_id().ok()?.detach()))
    }
}
