//! Following lines back: the commit that brought each in, and whom its note names.
//!
//! The walk of `git blame`, for the few lines that a rewrite is about. Every commit is visited after
//! those that lead to it; what a parent has too goes on to the parent, by git's own diff, through
//! renames. No similarity of lines decides anything.

use std::collections::{BTreeMap, BinaryHeap};

use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_authorship::note::Key;
use trueline_facts::RepoPath;

use crate::lines::origins;
use crate::objects::Objects;

/// Commits that one trace visits at most; lines that are still on their way then stay unknown.
const MOST_COMMITS: usize = 5_000;

/// Who a traced line belongs to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Traced {
    /// The note of this commit says so, by this key.
    Noted(ObjectId, Key),
    /// The commit that brought it in says nothing of it, or it was not found.
    Unknown,
    /// It is older than the range that was asked about.
    Older,
}

/// Where a trace ends.
#[derive(Debug)]
pub(crate) enum Bound<'b> {
    /// At the roots.
    Roots,
    /// At the commits that are not of this set.
    Within(&'b FxHashSet<ObjectId>),
}

/// Lines on their way: the line asked about, and where it stands at the commit at hand.
type Lines = Vec<(u32, u32)>;

/// Lines that go on to a parent, under the path that the file has there.
type Sent = (ObjectId, RepoPath, Lines);

impl Objects {
    /// Who wrote these lines (from 0) of a file at a commit.
    pub(crate) fn trace(
        &mut self,
        tip: ObjectId,
        path: &RepoPath,
        wanted: &[u32],
        bound: &Bound<'_>,
    ) -> BTreeMap<u32, Traced> {
        let mut out = BTreeMap::new();
        let mut waiting: FxHashMap<ObjectId, BTreeMap<RepoPath, Lines>> = FxHashMap::default();
        let mut order: BinaryHeap<(i64, ObjectId)> = BinaryHeap::new();
        let Some(commit) = self.commit(tip) else {
            return out;
        };
        order.push((commit.time, tip));
        let start = wanted.iter().map(|line| (*line, *line)).collect();
        waiting.insert(tip, BTreeMap::from([(path.clone(), start)]));
        let mut visited = 0;
        while let Some((_, id)) = order.pop() {
            let Some(files) = waiting.remove(&id) else {
                continue;
            };
            visited += 1;
            if let Bound::Within(set) = bound
                && !set.contains(&id)
            {
                let lines = files.values().flatten();
                out.extend(lines.map(|(asked, _)| (*asked, Traced::Older)));
                continue;
            }
            if visited > MOST_COMMITS {
                break;
            }
            for (path, lines) in files {
                for (parent, path, passed) in self.step(id, &path, lines, &mut out) {
                    let time = self.commit(parent).map_or(i64::MIN, |commit| commit.time);
                    let there = waiting.entry(parent).or_insert_with(|| {
                        order.push((time, parent));
                        BTreeMap::new()
                    });
                    there.entry(path).or_default().extend(passed);
                }
            }
        }
        out
    }

    /// Sends lines on to the parents that have them; what is left was brought in here.
    fn step(
        &mut self,
        id: ObjectId,
        path: &RepoPath,
        mut lines: Lines,
        out: &mut BTreeMap<u32, Traced>,
    ) -> Vec<Sent> {
        let mut sent = Vec::new();
        let (Some(commit), Some(blob)) = (self.commit(id), self.file_at(id, path)) else {
            return sent;
        };
        // Whole and unchanged first: so git does, and so a merge blames nobody twice.
        for parent in &commit.parents {
            if self.file_at(*parent, path) == Some(blob) {
                return vec![(*parent, path.clone(), lines)];
            }
        }
        for parent in &commit.parents {
            let there = match self.file_at(*parent, path) {
                Some(there) => Some((path.clone(), there)),
                None => self.renamed_from(*parent, &commit.tree, path),
            };
            let Some((old_path, there)) = there else {
                continue;
            };
            let (Some(old), Some(new)) = (self.lines(there), self.lines(blob)) else {
                continue;
            };
            let map = origins(&old, &new);
            let mut passed = Vec::new();
            lines.retain(|(asked, here)| match map.get(*here as usize) {
                Some(Some(there)) => {
                    passed.push((*asked, *there));
                    false
                }
                _ => true,
            });
            if !passed.is_empty() {
                sent.push((*parent, old_path, passed));
            }
        }
        if !lines.is_empty() {
            let note = self.note(id);
            for (asked, here) in lines {
                let key = note.as_ref().and_then(|note| note.key(path, here));
                out.insert(
                    asked,
                    key.map_or(Traced::Unknown, |key| Traced::Noted(id, key.clone())),
                );
            }
        }
        sent
    }

    fn renamed_from(
        &mut self,
        parent: ObjectId,
        tree: &ObjectId,
        path: &RepoPath,
    ) -> Option<(RepoPath, ObjectId)> {
        let old = self.commit(parent)?.tree;
        let changes = self.changes(Some(old), *tree);
        let found = changes.iter().find(|change| change.path == *path)?;
        found.from.clone().filter(|(from, _)| from != path)
    }

    /// The commits that `tip` has and `base` has not.
    pub(crate) fn between(&self, base: &[ObjectId], tip: ObjectId) -> FxHashSet<ObjectId> {
        let walk = self
            .repo
            .rev_walk([tip])
            .with_hidden(base.iter().copied())
            .all();
        let Ok(walk) = walk else {
            return FxHashSet::default();
        };
        walk.take(MOST_COMMITS)
            .flatten()
            .map(|info| info.id)
            .collect()
    }

    /// Is one commit an ancestor of another, or the same?
    pub(crate) fn is_ancestor(&self, older: ObjectId, newer: ObjectId) -> bool {
        older == newer
            || self
                .repo
                .merge_base(older, newer)
                .is_ok_and(|base| base.is_some_and(|base| base.detach() == older))
    }

    /// For each line of a file at `commit`: is it in any parent already?
    pub(crate) fn inherited(&mut self, commit: ObjectId, path: &RepoPath) -> Option<Vec<bool>> {
        let blob = self.file_at(commit, path)?;
        let here = self.lines(blob)?;
        let of = self.commit(commit)?;
        let mut inherited = vec![false; here.len()];
        for parent in &of.parents {
            let there = match self.file_at(*parent, path) {
                Some(there) => Some(there),
                None => self
                    .renamed_from(*parent, &of.tree, path)
                    .map(|(_, blob)| blob),
            };
            let Some(there) = there.and_then(|blob| self.lines(blob)) else {
                continue;
            };
            for (line, origin) in inherited.iter_mut().zip(origins(&there, &here)) {
                *line |= origin.is_some();
            }
        }
        Some(inherited)
    }
}
