//! Lines that commits of the window removed, traced back to their birth.
//!
//! For each removed line a ghost is set down at the parent of the commit that removed it and walks
//! like the lines of the tip. A rename is no death: what the new file kept lives on. Ghosts that
//! reach history older than the window are given up; when a commit counts as older is decided by
//! a time that never grows towards the ancestors, so that it does not depend on the way there.

use std::ops::Range;
use std::sync::atomic::Ordering;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use trueline_facts::Timestamp;

use crate::model::{CommitIx, Death, PathIx, RunEnd};
use crate::repository::{count_lines, is_binary};
use crate::walk::blobs::{BlobIx, Blobs};
use crate::walk::reverse::{ClaimEnd, Ground, Seed, Segment};
use crate::walk::tables::Side;
use crate::walk::trees::Trees;
use crate::walk::{PathFilter, Reading};

/// Consecutive removed lines, at death and, if known, at birth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Ghost {
    pub(crate) died: CommitIx,
    /// Path and first line at the parent of `died`.
    pub(crate) path: PathIx,
    pub(crate) start: u32,
    pub(crate) len: u32,
    pub(crate) born: Option<Birth>,
}

/// Where lines were added.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Birth {
    pub(crate) commit: CommitIx,
    pub(crate) path: PathIx,
    pub(crate) start: u32,
}

/// Lines that a commit removed from one file of its parent.
struct Removal {
    died: CommitIx,
    parent: CommitIx,
    path: PathIx,
    blob: BlobIx,
    lines: Range<u32>,
}

impl Reading<'_> {
    /// All ghosts of the window. `known` are those of an earlier reading and the commits it covers.
    pub(super) fn ghosts(
        &self,
        ground: Ground<'_>,
        filter: PathFilter,
        window_start: Timestamp,
        effective: &[Timestamp],
        known: Option<(&rustc_hash::FxHashSet<CommitIx>, Vec<Ghost>)>,
    ) -> Vec<Ghost> {
        let (covered, mut ghosts) = match known {
            Some((covered, ghosts)) => (Some(covered), ghosts),
            None => (None, Vec::new()),
        };
        ghosts.retain(|g| self.graph.commit(g.died).committer_time >= window_start);
        let commits: Vec<CommitIx> = (0..self.graph.commits.len() as u32)
            .map(CommitIx)
            .filter(|ix| {
                let commit = self.graph.commit(*ix);
                commit.parents.len() == 1
                    && !commit.parents_missing
                    && commit.committer_time >= window_start
                    && !covered.is_some_and(|known| known.contains(ix))
            })
            .collect();
        let removals: Vec<Vec<Removal>> = commits
            .par_iter()
            .with_min_len(16)
            .map_init(
                || {
                    (
                        Blobs::new(self.repository.objects(), &self.blobs, &self.memo),
                        Trees::new(),
                    )
                },
                |(blobs, trees), commit| {
                    if self.interrupt.load(Ordering::Relaxed) {
                        return Vec::new();
                    }
                    self.removals(ground, filter, *commit, blobs, trees)
                },
            )
            .collect();
        let mut removals: Vec<Removal> = removals.into_iter().flatten().collect();
        removals.sort_by_key(|r| (r.path, r.died, r.lines.start));
        let seeds = removals
            .iter()
            .enumerate()
            .map(|(asker, removal)| Seed {
                commit: removal.parent,
                path: removal.path,
                blob: removal.blob,
                segment: Segment {
                    src: removal.lines.start,
                    len: removal.lines.end - removal.lines.start,
                    asker: asker as u32,
                    dst: removal.lines.start,
                },
            })
            .collect();
        let young = |ix: CommitIx| {
            effective
                .get(ix.0 as usize)
                .is_some_and(|time| *time >= window_start)
        };
        let claims = self.trace(ground, seeds, |ix| !young(ix));
        ghosts.extend(claims.into_iter().filter_map(|claim| {
            let removal = removals.get(claim.asker as usize)?;
            let known = claim.end == ClaimEnd::Run(RunEnd::Added) && young(claim.commit);
            Some(Ghost {
                died: removal.died,
                path: removal.path,
                start: claim.dst,
                len: claim.len,
                born: known.then_some(Birth {
                    commit: claim.commit,
                    path: claim.path,
                    start: claim.src,
                }),
            })
        }));
        ghosts.sort_unstable_by_key(|g| (g.died, g.path, g.start));
        ghosts
    }

    fn removals(
        &self,
        ground: Ground<'_>,
        filter: PathFilter,
        commit: CommitIx,
        blobs: &mut Blobs<'_>,
        trees: &mut Trees,
    ) -> Vec<Removal> {
        let mut removals = Vec::new();
        let (Some(parent), Some(changes)) =
            (self.graph.commit(commit).parents.first(), ground.changes)
        else {
            return removals;
        };
        let entries = changes.of(commit);
        let mut moved: FxHashMap<PathIx, Vec<BlobIx>> = FxHashMap::default();
        // A file that cannot be read, or not even listed, may be another one under a new name.
        let mut may_have_moved = changes.limits(commit).hides_new;
        if entries.iter().any(|e| e.after == Side::Absent) {
            for entry in entries {
                if let (Side::Absent, Side::Present(mode, blob)) = (entry.before, entry.after)
                    && mode.is_text_candidate()
                {
                    let found = ground
                        .rename_context()
                        .find(commit, 0, entry.path, blob, blobs, trees);
                    match found.file {
                        Some((from, _)) => moved.entry(from).or_default().push(blob),
                        None => may_have_moved |= found.uncompared,
                    }
                }
            }
        }
        for entry in entries {
            let Side::Present(mode, before) = entry.before else {
                continue;
            };
            if !mode.is_text_candidate() || (filter.contains)(&self.paths.repo_path(entry.path)) {
                continue;
            }
            let heirs: &[BlobIx] = match &entry.after {
                Side::Present(mode, after) if mode.is_text_candidate() => &[*after],
                Side::Absent if may_have_moved => continue,
                _ => moved.get(&entry.path).map_or(&[], Vec::as_slice),
            };
            for lines in removed_lines(before, heirs, blobs).unwrap_or_default() {
                removals.push(Removal {
                    died: commit,
                    parent: *parent,
                    path: entry.path,
                    blob: before,
                    lines,
                });
            }
        }
        removals
    }
}

/// The lines of `before` that none of its heirs has; `None` if that cannot be known or the file
/// is not text.
fn removed_lines(
    before: BlobIx,
    heirs: &[BlobIx],
    blobs: &mut Blobs<'_>,
) -> Option<Vec<Range<u32>>> {
    let content = blobs.content(before).ok()?;
    if is_binary(&content) {
        return None;
    }
    let all = 0..count_lines(&content);
    let mut removed = vec![all];
    for heir in heirs {
        if *heir == before {
            return Some(Vec::new());
        }
        let hunks = blobs.hunks(before, *heir).ok()?;
        let gone: Vec<Range<u32>> = hunks.iter().map(|h| h.before.clone()).collect();
        removed = intersect(&removed, &gone);
    }
    removed.retain(|range| !range.is_empty());
    Some(removed)
}

/// The common part of two sorted lists of disjoint ranges.
fn intersect(a: &[Range<u32>], b: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut out = Vec::new();
    let (mut at_a, mut at_b) = (0, 0);
    while let (Some(x), Some(y)) = (a.get(at_a), b.get(at_b)) {
        let both = x.start.max(y.start)..x.end.min(y.end);
        if !both.is_empty() {
            out.push(both);
        }
        if x.end <= y.end {
            at_a += 1;
        } else {
            at_b += 1;
        }
    }
    out
}

/// Deaths as the model has them: by birth, or by the place of death where that is unknown.
pub(crate) fn aggregate(ghosts: &[Ghost]) -> Vec<Death> {
    let mut deaths: Vec<Death> = ghosts
        .iter()
        .map(|ghost| match ghost.born {
            Some(birth) => Death {
                died: ghost.died,
                born: Some(birth.commit),
                path: birth.path,
                original_start: birth.start,
                len: ghost.len,
            },
            None => Death {
                died: ghost.died,
                born: None,
                path: ghost.path,
                original_start: ghost.start,
                len: ghost.len,
            },
        })
        .collect();
    deaths.sort_unstable();
    let mut merged: Vec<Death> = Vec::with_capacity(deaths.len());
    for death in deaths {
        match merged.last_mut() {
            Some(last)
                if (last.died, last.born, last.path) == (death.died, death.born, death.path)
                    && last.original_start + last.len == death.original_start =>
            {
                last.len += death.len;
            }
            _ => merged.push(death),
        }
    }
    merged
}
