//! What commits made of files: all that a commit changed, or all that was done to a few paths.
//!
//! A whole reading has it in [`History::changes`]; where only some files were walked, it is read
//! from the trees as it is asked for. Both give the same, so that evidence by content does too.

use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::trees::{Before, Trees};
use crate::model::{ChangeKind, CommitIx, Extent, History};
use crate::repository::{Objects, Repository};

/// Neighbouring commits read by one thread: they share most trees.
const BATCH: usize = 128;

/// A file that a commit, never a merge, made or changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Touched {
    pub(crate) commit: CommitIx,
    pub(crate) path: Vec<u8>,
    /// What the commit made of it.
    pub(crate) blob: ObjectId,
}

/// The files that one commit made or changed, by path.
pub(crate) fn by_commit(repo: &gix::Repository, history: &History, ix: CommitIx) -> Vec<Touched> {
    match history.extent {
        Extent::Repository => {
            let from = history.changes.partition_point(|c| c.commit < ix);
            let changes = &history.changes[from..];
            let end = changes.partition_point(|c| c.commit == ix);
            listed(history, &changes[..end], |_| true)
        }
        Extent::Files => {
            let objects = Objects::of(repo.clone());
            read(&objects, &mut Trees::new(), history, ix, |_| true)
        }
    }
}

/// What the commits of a history made of these paths: by commit, then path.
pub(crate) fn by_paths(
    repo: &Repository,
    history: &History,
    paths: &FxHashSet<&[u8]>,
) -> Vec<Touched> {
    if history.extent == Extent::Repository {
        return listed(history, &history.changes, |path| paths.contains(path));
    }
    let mut wanted: FxHashSet<&[u8]> = paths.clone();
    for path in paths {
        let ends = memchr::memchr_iter(b'/', path);
        wanted.extend(ends.map(|end| &path[..end]));
    }
    let commits: Vec<CommitIx> = (0..history.commits.len() as u32).map(CommitIx).collect();
    let read: Vec<Vec<Touched>> = commits
        .par_chunks(BATCH)
        .map_init(
            || (repo.objects(), Trees::new()),
            |(objects, trees), commits| {
                let is_wanted = |path: &[u8]| wanted.contains(path);
                let commits = commits.iter();
                let found = commits.flat_map(|ix| read(objects, trees, history, *ix, is_wanted));
                found
                    .filter(|touched| paths.contains(&touched.path[..]))
                    .collect()
            },
        )
        .collect();
    read.into_iter().flatten().collect()
}

fn listed(
    history: &History,
    changes: &[crate::model::Change],
    is_wanted: impl Fn(&[u8]) -> bool,
) -> Vec<Touched> {
    let made = changes
        .iter()
        .filter(|change| change.kind != ChangeKind::Deleted);
    made.map(|change| (change, history.path(change.path).as_bytes()))
        .filter(|(_, path)| is_wanted(path))
        .map(|(change, path)| Touched {
            commit: change.commit,
            path: path.to_vec(),
            blob: change.blob,
        })
        .collect()
}

fn read(
    objects: &Objects,
    trees: &mut Trees,
    history: &History,
    ix: CommitIx,
    is_wanted: impl Fn(&[u8]) -> bool,
) -> Vec<Touched> {
    let commit = history.commit(ix);
    if commit.is_merge() || commit.parents_missing {
        return Vec::new();
    }
    let before = commit.parents.first();
    let before = before.map(|parent| history.commit(*parent).tree);
    let mut found = Vec::new();
    trees.differences_within(objects, before, commit.tree, is_wanted, |difference| {
        if difference.before != Before::Unknown
            && let Some((_, blob)) = difference.after
        {
            found.push(Touched {
                commit: ix,
                path: difference.path.to_vec(),
                blob,
            });
        }
    });
    found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    found
}
