//! Who else may have added the lines of a source before it did.
//!
//! What a commit here or on another branch added to one file is compared line by line and kept, as
//! many sources ask for the same.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::agreement::{self, AddedLines, ChangedFile};
use super::super::locate::Located;
use super::super::objects;
use super::super::witnesses::speaks_of_author;
use super::candidates::ByPath;
use super::outside::{Outside, Source, Work};
use crate::model::{CommitIx, History};

/// Older commits looked at to tell whether a source was the first.
const MAX_RIVALS: usize = 300;

/// The commits that may have been first.
pub(super) struct Rivals<'r> {
    history: &'r History,
    outside: &'r Outside,
    by_path: &'r ByPath,
    /// Commits outside that tell nothing of who wrote them, newest first, with what they changed.
    silent: Vec<Silent>,
    /// What changes of this history added, by index.
    added: Mutex<FxHashMap<u32, Arc<AddedLines>>>,
}

struct Silent {
    id: ObjectId,
    time: i64,
    files: OnceLock<Vec<ChangedFile>>,
}

impl<'r> Rivals<'r> {
    pub(super) fn new(
        history: &'r History,
        located: &Located,
        outside: &'r Outside,
        by_path: &'r ByPath,
    ) -> Self {
        let mut silent: Vec<Silent> = outside
            .commits
            .iter()
            .filter(|(id, read)| {
                read.parents.len() < 2
                    && !read.signs.iter().any(speaks_of_author)
                    && !located.by_commit.contains_key(*id)
            })
            .map(|(id, read)| Silent {
                id: *id,
                time: read.time,
                files: OnceLock::new(),
            })
            .collect();
        silent.sort_unstable_by_key(|silent| (std::cmp::Reverse(silent.time), silent.id));
        Self {
            history,
            outside,
            by_path,
            silent,
            added: Mutex::default(),
        }
    }

    /// The lines of a source that nobody added before: neither commits without evidence of their
    /// own nor commits of this history, which bring back what they had.
    pub(super) fn own_lines(
        &self,
        repo: &gix::Repository,
        source: &Source,
        added: &AddedLines,
        target: CommitIx,
    ) -> AddedLines {
        let mut left = added.clone();
        self.without_older_here(repo, source, &mut left, target);
        self.without_older_outside(repo, source, &mut left);
        left
    }

    fn without_older_here(
        &self,
        repo: &gix::Repository,
        source: &Source,
        left: &mut AddedLines,
        target: CommitIx,
    ) {
        let mut older: Vec<(CommitIx, u32)> = source
            .files
            .iter()
            .flat_map(|file| self.by_path.changes(&file.path))
            .map(|change| (self.by_path.at(*change).commit, *change))
            .filter(|(ix, _)| {
                let time = self.history.commit(*ix).committer_time.0;
                *ix != target && source.work != Work::CommitHere(*ix) && time <= source.read.time
            })
            .collect();
        older.sort_unstable();
        older.dedup();
        let commits = older.chunk_by(|a, b| a.0 == b.0).take(MAX_RIVALS);
        for (_, change) in commits.flatten() {
            if left.total == 0 {
                return;
            }
            left.remove(&self.added_here(repo, *change));
        }
    }

    fn added_here(&self, repo: &gix::Repository, at: u32) -> Arc<AddedLines> {
        let known = |kept: &FxHashMap<u32, Arc<AddedLines>>| kept.get(&at).cloned();
        if let Some(known) = known(&self.added.lock().unwrap_or_else(PoisonError::into_inner)) {
            return known;
        }
        let change = self.by_path.at(at);
        let path = &change.path[..];
        let parent = self.history.commit(change.commit).parents.first();
        let parent = parent.map(|parent| self.history.commit(*parent).tree);
        let file = ChangedFile {
            path: path.to_vec(),
            before: parent.and_then(|tree| objects::file_at(repo, tree, path).ok()?),
            after: change.blob,
        };
        let added = Arc::new(agreement::added_lines(repo, &[file]));
        let mut kept = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(at).or_insert(added).clone()
    }

    fn without_older_outside(
        &self,
        repo: &gix::Repository,
        source: &Source,
        left: &mut AddedLines,
    ) {
        let paths: FxHashSet<&[u8]> = source.files.iter().map(|file| &file.path[..]).collect();
        let from = self
            .silent
            .partition_point(|silent| silent.time > source.read.time);
        let silent = self.silent[from..].iter();
        let silent =
            silent.filter(|silent| silent.id != source.id && !source.silent.contains(&silent.id));
        for silent in silent.take(MAX_RIVALS) {
            if left.total == 0 {
                return;
            }
            let files = silent.files.get_or_init(|| {
                let read = &self.outside.commits[&silent.id];
                let base = self.outside.base_tree(repo, read);
                base.and_then(|base| agreement::differing_files(repo, base, read.tree))
                    .unwrap_or_default()
            });
            let files = files.iter().filter(|file| paths.contains(&file.path[..]));
            let files: Vec<ChangedFile> = files.cloned().collect();
            if !files.is_empty() {
                left.remove(&agreement::added_lines(repo, &files));
            }
        }
    }
}
