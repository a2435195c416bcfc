//! The table of changes: what each non-merge commit did to each path, with line counts for the
//! commits of the window.

use std::ops::Range;
use std::sync::atomic::Ordering;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use trueline_facts::Timestamp;

use crate::graph::Graph;
use crate::model::{Change, ChangeKind, CommitIx, LineCounts, PathIx, Unread};
use crate::repository::{count_lines, is_binary};
use crate::walk::Reading;
use crate::walk::blobs::{BlobTable, Blobs};
use crate::walk::lines::Hunk;
use crate::walk::tables::{ChangeTable, Entry, Side};
use crate::walk::trees::Limits;

/// Line counts by commit and path; a path that is not here has none.
pub(crate) type Totals = FxHashMap<(CommitIx, PathIx), LineCounts>;

impl Reading<'_> {
    /// Counts added and removed lines for the commits of the window, or takes them from `known`,
    /// which answers for whole commits.
    pub(super) fn totals(
        &self,
        changes: &ChangeTable,
        window_start: Timestamp,
        known: Option<(&rustc_hash::FxHashSet<CommitIx>, &Totals)>,
    ) -> Totals {
        let mut totals = Totals::default();
        let mut todo: Vec<(CommitIx, Entry)> = Vec::new();
        for (ix, commit) in self.graph.commits.iter().enumerate() {
            let ix = CommitIx(ix as u32);
            if commit.is_merge() || commit.committer_time < window_start {
                continue;
            }
            match known {
                Some((commits, counts)) if commits.contains(&ix) => {
                    for entry in changes.of(ix) {
                        if let Some(count) = counts.get(&(ix, entry.path)) {
                            totals.insert((ix, entry.path), *count);
                        }
                    }
                }
                _ => {
                    let limits = changes.limits(ix);
                    let entries = changes.of(ix).iter();
                    let entries = entries.filter(|entry| !may_have_moved(entry, limits));
                    todo.extend(entries.map(|entry| (ix, *entry)));
                }
            }
        }
        // By path, so that one thread meets the versions of a file one after the other.
        todo.sort_by_key(|(commit, entry)| (entry.path, *commit));
        let counted: Vec<Option<((CommitIx, PathIx), LineCounts)>> = todo
            .par_iter()
            .with_min_len(64)
            .map_init(
                || Blobs::new(self.repository.objects(), &self.blobs, &self.memo),
                |blobs, (commit, entry)| {
                    if self.interrupt.load(Ordering::Relaxed) {
                        return None;
                    }
                    Some(((*commit, entry.path), count(entry, blobs)?))
                },
            )
            .collect();
        totals.extend(counted.into_iter().flatten());
        totals
    }

    /// What of the window's changes has no counts for want of objects.
    pub(super) fn unread(
        &self,
        changes: &ChangeTable,
        totals: &Totals,
        window_start: Timestamp,
    ) -> Vec<Unread> {
        let missing = self.repository.missing();
        if missing.is_empty() && changes.gaps.is_empty() {
            return Vec::new();
        }
        let is_missing = |side: Side| match side {
            Side::Unknown => true,
            Side::Absent => false,
            Side::Present(mode, blob) => {
                mode.is_text_candidate() && missing.binary_search(&self.blobs.id(blob)).is_ok()
            }
        };
        let counts = |ix: CommitIx| {
            let commit = self.graph.commit(ix);
            !commit.is_merge() && commit.committer_time >= window_start
        };
        let mut unread: Vec<Unread> = changes
            .gaps
            .iter()
            .filter(|(commit, _)| counts(*commit))
            .map(|(commit, _)| Unread {
                commit: *commit,
                path: None,
            })
            .collect();
        let commits = (0..self.graph.commits.len() as u32).map(CommitIx);
        for commit in commits.filter(|ix| counts(*ix)) {
            let limits = changes.limits(commit);
            let lost = changes.of(commit).iter().filter(|entry| {
                !totals.contains_key(&(commit, entry.path))
                    && (is_missing(entry.before)
                        || is_missing(entry.after)
                        || may_have_moved(entry, limits))
            });
            unread.extend(lost.map(|entry| Unread {
                commit,
                path: Some(entry.path),
            }));
        }
        unread
    }
}

/// Whether a file that is new or gone may be one with another name in a tree that could not be read: what is
/// but renamed has no line that was added or removed.
fn may_have_moved(entry: &Entry, limits: Limits) -> bool {
    match (entry.before, entry.after) {
        (Side::Absent, Side::Present(mode, _)) => limits.hides_gone && mode.is_text_candidate(),
        (Side::Present(mode, _), Side::Absent) => limits.hides_new && mode.is_text_candidate(),
        _ => false,
    }
}

fn count(entry: &Entry, blobs: &mut Blobs<'_>) -> Option<LineCounts> {
    let before = text_lines(entry.before, blobs)?;
    let after = text_lines(entry.after, blobs)?;
    match (entry.before, entry.after) {
        (Side::Present(_, before), Side::Present(_, after)) => {
            let hunks = blobs.hunks(before, after).ok()?;
            let sum = |lines: fn(&Hunk) -> &Range<u32>| {
                hunks.iter().map(|h| lines(h).end - lines(h).start).sum()
            };
            Some(LineCounts {
                added: sum(|hunk| &hunk.after),
                removed: sum(|hunk| &hunk.before),
            })
        }
        _ => Some(LineCounts {
            added: after,
            removed: before,
        }),
    }
}

/// The number of lines of a side, 0 where there is nothing; `None` for what is not text.
fn text_lines(side: Side, blobs: &mut Blobs<'_>) -> Option<u32> {
    match side {
        Side::Present(mode, blob) if mode.is_text_candidate() => {
            let content = blobs.content(blob).ok()?;
            (!is_binary(&content)).then(|| count_lines(&content))
        }
        Side::Absent => Some(0),
        Side::Present(..) | Side::Unknown => None,
    }
}

/// The table in the form of the model, in the numbers of this walk.
pub(crate) fn changes(
    graph: &Graph,
    table: &ChangeTable,
    totals: &Totals,
    blobs: &BlobTable,
) -> Vec<Change> {
    let mut changes = Vec::with_capacity(table.entries.len());
    for (ix, commit) in graph.commits.iter().enumerate() {
        if commit.is_merge() {
            continue;
        }
        let ix = CommitIx(ix as u32);
        for entry in table.of(ix) {
            let (kind, blob) = match (entry.before, entry.after) {
                (Side::Absent, Side::Present(_, blob)) => (ChangeKind::Added, blob),
                (Side::Present(..), Side::Present(_, blob)) => (ChangeKind::Modified, blob),
                (Side::Present(_, blob), Side::Absent) => (ChangeKind::Deleted, blob),
                (Side::Unknown, _) | (_, Side::Unknown) | (Side::Absent, Side::Absent) => continue,
            };
            changes.push(Change {
                commit: ix,
                path: entry.path,
                kind,
                blob: blobs.id(blob),
                lines: totals.get(&(ix, entry.path)).copied(),
            });
        }
    }
    changes
}
