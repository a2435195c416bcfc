//! Work that landed in another file than it was done in, where names do not tell which.
//!
//! A branch changes a file that the other side had renamed and rewritten meanwhile, or whose name
//! another file has there. By git's rules for renames the two are not the same file then, but what
//! the branch added stands in one of them still. A file of the work is paired with the file that
//! has most of the telling lines which it gained and its own path lost.

use bstr::ByteSlice;
use gix::ObjectId;
use rustc_hash::FxHashSet;

use super::agreement::{self, ChangedFile, FEW, MANY, line_hash, most};
use super::objects;

/// Files of one work that may have been displaced.
#[derive(Clone, Debug, Default)]
pub(super) struct Displaced {
    files: Vec<Lost>,
}

/// A file of which lines are gone from its path.
#[derive(Clone, Debug)]
pub(super) struct Lost {
    pub(super) path: Vec<u8>,
    pub(super) blob: ObjectId,
    /// What it gained and its path in the landed tree does not have, as [`line_hash`] has it.
    lines: FxHashSet<u64>,
}

impl Displaced {
    /// Of the files that a work changed, those whose lines are not where it put them in the tree
    /// that it landed in.
    pub(super) fn new(repo: &gix::Repository, changed: &[ChangedFile], landed: ObjectId) -> Self {
        let lost = changed.iter().filter_map(|file| {
            let there = objects::file_at(repo, landed, &file.path).ok()?;
            if there == Some(file.after) {
                return None;
            }
            let mut lines = agreement::gained_lines(repo, file);
            if let Some(there) = there {
                for line in objects::text(repo, there).ok()?.lines() {
                    lines.remove(&line_hash(line));
                }
            }
            (lines.len() >= FEW as usize).then(|| Lost {
                path: file.path.clone(),
                blob: file.after,
                lines,
            })
        });
        Self {
            files: lost.collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file whose lost lines are among these, at least two thirds of them, or so many that
    /// it is no chance.
    pub(super) fn source<'t>(&self, lines: impl Iterator<Item = &'t [u8]>) -> Option<&Lost> {
        if self.is_empty() {
            return None;
        }
        let here: FxHashSet<u64> = lines.map(line_hash).collect();
        let shared = |lost: &Lost| lost.lines.intersection(&here).count() as u32;
        let found = self.files.iter().map(|lost| (shared(lost), lost));
        let enough = |(shared, lost): &(u32, &Lost)| {
            *shared >= FEW && (*shared >= MANY || most(*shared, lost.lines.len() as u32))
        };
        // The first by path among equals.
        let best = found.filter(enough).rev().max_by_key(|(shared, _)| *shared);
        best.map(|(_, lost)| lost)
    }
}
