//! The reverse walk: all lines of many files at once, from the newest commit to the oldest.
//!
//! State is, per commit, the lines that are there for all we know, by path. A commit hands each
//! line to the first parent that has it and keeps what no parent has. Lines do not influence each
//! other, so the work is split by file and the answer is the same for any split.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::graph::Graph;
use crate::model::{CommitIx, PathIx, Run, RunEnd};
use crate::repository::Gap;
use crate::walk::blobs::{BlobIx, BlobTable, Blobs};
use crate::walk::lines::Hunk;
use crate::walk::rename::{RenameContext, RenameMemo};
use crate::walk::tables::{ChangeTable, PathTable, Side};
use crate::walk::trees::{Mode, Trees};

/// Consecutive lines on their way back: `dst` in the file that asked, `src` in the current blob.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Segment {
    pub(crate) src: u32,
    pub(crate) len: u32,
    pub(crate) asker: u32,
    pub(crate) dst: u32,
}

/// Lines to be traced from a commit on.
#[derive(Clone, Debug)]
pub(crate) struct Seed {
    pub(crate) commit: CommitIx,
    pub(crate) path: PathIx,
    pub(crate) blob: BlobIx,
    pub(crate) segment: Segment,
}

/// Where traced lines ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Claim {
    pub(crate) asker: u32,
    pub(crate) dst: u32,
    pub(crate) len: u32,
    pub(crate) commit: CommitIx,
    pub(crate) path: PathIx,
    pub(crate) src: u32,
    pub(crate) end: ClaimEnd,
}

/// Why a trace ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum ClaimEnd {
    /// At a commit that added the lines, or where history is cut.
    Run(RunEnd),
    /// Older than the caller cares for.
    TooOld,
}

/// A commit whose lines are known already, in the numbers of this walk.
#[derive(Debug)]
pub(crate) struct Anchor {
    pub(crate) commit: CommitIx,
    pub(crate) files: FxHashMap<PathIx, (BlobIx, Vec<Run>)>,
}

/// The file of a parent that was looked into before a commit was given lines of a file: what git
/// calls the previous one.
pub(crate) type PreviousFiles = Mutex<BTreeMap<(CommitIx, PathIx), (CommitIx, PathIx)>>;

/// Everything that all shards of a walk read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground<'w> {
    pub(crate) graph: &'w Graph,
    /// First-parent changes; without them the walk looks up the few paths it follows.
    pub(crate) changes: Option<&'w ChangeTable>,
    pub(crate) paths: &'w PathTable,
    pub(crate) blobs: &'w BlobTable,
    pub(crate) renames: &'w RenameMemo,
    pub(crate) anchor: Option<&'w Anchor>,
    pub(crate) previous: Option<&'w PreviousFiles>,
    pub(crate) interrupt: &'w AtomicBool,
}

impl<'w> Ground<'w> {
    pub(crate) const fn rename_context(&self) -> RenameContext<'w> {
        RenameContext {
            graph: self.graph,
            changes: self.changes,
            paths: self.paths,
            blobs: self.blobs,
            memo: self.renames,
        }
    }
}

#[derive(Debug)]
struct Suspect {
    blob: BlobIx,
    segments: Vec<Segment>,
}

type Suspects = FxHashMap<PathIx, Suspect>;

/// A changed file of the commit at hand, while its lines are dealt out.
struct Pending {
    path: PathIx,
    suspect: Suspect,
    parents: SmallVec<[ParentFile; 2]>,
}

/// What a parent has for a pending file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ParentFile {
    /// Nothing of that name; a rename is possible.
    Absent,
    /// Something of another type, which git does not follow.
    OtherType,
    /// Not known for want of trees.
    Unknown,
    /// A file.
    File(PathIx, BlobIx),
}

/// One shard of a walk.
pub(crate) struct Walk<'w, 'b> {
    ground: Ground<'w>,
    blobs: &'b mut Blobs<'w>,
    trees: &'b mut Trees,
    states: Vec<Option<Suspects>>,
    alive: usize,
    claims: Vec<Claim>,
}

impl<'w, 'b> Walk<'w, 'b> {
    /// Traces the seeds; at a commit for which `too_old` holds, what is left is given up.
    pub(crate) fn run(
        ground: Ground<'w>,
        blobs: &'b mut Blobs<'w>,
        trees: &'b mut Trees,
        seeds: impl IntoIterator<Item = Seed>,
        too_old: impl Fn(CommitIx) -> bool,
    ) -> Vec<Claim> {
        let mut walk = Self {
            ground,
            blobs,
            trees,
            states: Vec::new(),
            alive: 0,
            claims: Vec::new(),
        };
        walk.states.resize_with(ground.graph.commits.len(), || None);
        for seed in seeds {
            walk.pass(seed.commit, seed.path, seed.blob, vec![seed.segment]);
        }
        for ix in 0..ground.graph.commits.len() {
            if walk.alive == 0 {
                break;
            }
            let commit = CommitIx(ix as u32);
            let Some(suspects) = walk.states[ix].take() else {
                continue;
            };
            walk.alive -= 1;
            if ground.interrupt.load(Ordering::Relaxed) {
                walk.end_all(commit, suspects, ClaimEnd::Run(RunEnd::Unattributable));
            } else if too_old(commit) {
                walk.end_all(commit, suspects, ClaimEnd::TooOld);
            } else {
                walk.step(commit, suspects);
            }
        }
        walk.claims
    }

    fn step(&mut self, commit: CommitIx, mut suspects: Suspects) {
        let ground = self.ground;
        if let Some(anchor) = ground.anchor
            && anchor.commit == commit
        {
            suspects.retain(|path, suspect| !self.answer(anchor, *path, suspect));
            if suspects.is_empty() {
                return;
            }
        }
        let node = ground.graph.commit(commit);
        let Some(first) = node.parents.first() else {
            let end = if node.parents_missing {
                RunEnd::Boundary
            } else {
                RunEnd::Added
            };
            self.end_all(commit, suspects, ClaimEnd::Run(end));
            return;
        };
        let pending = self.changed(commit, *first, &mut suspects);
        if !suspects.is_empty() {
            self.pass_all(*first, suspects);
        }
        for file in pending {
            self.deal(commit, file);
        }
    }

    /// Takes the files out of `suspects` that the commit changed against its first parent.
    fn changed(
        &mut self,
        commit: CommitIx,
        first: CommitIx,
        suspects: &mut Suspects,
    ) -> Vec<Pending> {
        let Some(changes) = self.ground.changes else {
            return self.looked_up(commit, first, suspects);
        };
        let mut pending = Vec::new();
        for entry in changes.of(commit) {
            let Some(suspect) = suspects.remove(&entry.path) else {
                continue;
            };
            let first = match (entry.before, entry.after) {
                (Side::Absent, _) => ParentFile::Absent,
                (Side::Unknown, _) => ParentFile::Unknown,
                (Side::Present(mode, blob), _) if mode.is_text_candidate() => {
                    ParentFile::File(entry.path, blob)
                }
                (Side::Present(..), _) => ParentFile::OtherType,
            };
            pending.push(Pending {
                path: entry.path,
                suspect,
                parents: SmallVec::from_slice(&[first]),
            });
        }
        pending
    }

    /// The same without a table of changes.
    fn looked_up(
        &mut self,
        commit: CommitIx,
        first: CommitIx,
        suspects: &mut Suspects,
    ) -> Vec<Pending> {
        let ground = self.ground;
        let (old, new) = (
            ground.graph.commit(first).tree,
            ground.graph.commit(commit).tree,
        );
        let mut changed: Vec<(PathIx, ParentFile)> = Vec::new();
        for path in suspects.keys() {
            let name = ground.paths.name(*path);
            let objects = &self.blobs.objects;
            let found = match self.trees.lookup_changed(objects, old, new, &name) {
                Ok(None) => continue,
                Ok(Some(found)) => parent_file(*path, Ok(found), ground.blobs),
                Err(gap) => parent_file(*path, Err(gap), ground.blobs),
            };
            changed.push((*path, found));
        }
        changed.sort_unstable_by_key(|(path, _)| *path);
        changed
            .into_iter()
            .filter_map(|(path, first)| {
                Some(Pending {
                    path,
                    suspect: suspects.remove(&path)?,
                    parents: SmallVec::from_slice(&[first]),
                })
            })
            .collect()
    }

    /// Deals the lines of a changed file out to the parents, in git's order: a parent with the
    /// identical file takes all; then renames are sought; then each parent takes what it has. What a parent
    /// that cannot be read might have taken goes to no other one.
    fn deal(&mut self, commit: CommitIx, mut file: Pending) {
        let ground = self.ground;
        let node = ground.graph.commit(commit);
        let own = file.suspect.blob;
        for parent in &node.parents[1..] {
            let found = self.lookup(*parent, file.path);
            file.parents.push(found);
        }
        if let Some(at) = file
            .parents
            .iter()
            .position(|p| matches!(p, ParentFile::File(_, blob) if *blob == own))
            && !file.parents[..at].contains(&ParentFile::Unknown)
        {
            self.pass(node.parents[at], file.path, own, file.suspect.segments);
            return;
        }
        for at in 0..file.parents.len() {
            if file.parents[at] != ParentFile::Absent {
                continue;
            }
            let found = ground
                .rename_context()
                .find(commit, at, file.path, own, self.blobs, self.trees);
            file.parents[at] = match found.file {
                _ if !found.is_certain() => ParentFile::Unknown,
                Some((path, blob))
                    if blob == own
                        && !node.parents_missing
                        && !file.parents.contains(&ParentFile::Unknown) =>
                {
                    self.pass(node.parents[at], path, own, file.suspect.segments);
                    return;
                }
                Some((path, blob)) => ParentFile::File(path, blob),
                None => ParentFile::Absent,
            };
        }

        let mut left = file.suspect.segments;
        let mut gap = file.parents.contains(&ParentFile::Unknown);
        // One that cannot be read may have the identical file, whichever it is.
        let asked = if gap || node.parents_missing {
            &[]
        } else {
            file.parents.as_slice()
        };
        for (at, parent) in asked.iter().enumerate() {
            let ParentFile::File(path, blob) = *parent else {
                continue;
            };
            let seen = file.parents[..at]
                .iter()
                .any(|earlier| matches!(earlier, ParentFile::File(_, b) if *b == blob));
            if seen {
                continue;
            }
            let Ok(hunks) = self.blobs.hunks(blob, own) else {
                gap = true;
                break;
            };
            let (passed, kept) = cut(&left, &hunks);
            if !passed.is_empty() {
                self.pass(node.parents[at], path, blob, passed);
            }
            left = kept;
            if left.is_empty() {
                return;
            }
        }
        let end = if gap {
            RunEnd::Unattributable
        } else if node.parents_missing {
            RunEnd::Boundary
        } else {
            RunEnd::Added
        };
        self.note_previous(commit, file.path, &file.parents);
        self.end(commit, file.path, &left, ClaimEnd::Run(end));
    }

    /// The same for every shard that comes here.
    fn note_previous(&self, commit: CommitIx, path: PathIx, found: &[ParentFile]) {
        let Some(known) = self.ground.previous else {
            return;
        };
        let parents = &self.ground.graph.commit(commit).parents;
        let first = parents
            .iter()
            .zip(found)
            .find_map(|(parent, found)| match found {
                ParentFile::File(path, _) => Some((*parent, *path)),
                _ => None,
            });
        if let Some(previous) = first {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert((commit, path), previous);
        }
    }

    fn lookup(&mut self, parent: CommitIx, path: PathIx) -> ParentFile {
        let name = self.ground.paths.name(path);
        let tree = self.ground.graph.commit(parent).tree;
        let found = self.trees.lookup(&self.blobs.objects, tree, &name);
        parent_file(path, found, self.ground.blobs)
    }

    /// Ends lines with the answer of an earlier walk; false if it has none for this file.
    fn answer(&mut self, anchor: &Anchor, path: PathIx, suspect: &Suspect) -> bool {
        let Some((blob, runs)) = anchor.files.get(&path) else {
            return false;
        };
        if *blob != suspect.blob {
            return false;
        }
        for segment in &suspect.segments {
            let end = segment.src + segment.len;
            let first = runs.partition_point(|run| run.start + run.len <= segment.src);
            for run in runs[first..].iter().take_while(|run| run.start < end) {
                let from = run.start.max(segment.src);
                let to = (run.start + run.len).min(end);
                self.claims.push(Claim {
                    asker: segment.asker,
                    dst: segment.dst + (from - segment.src),
                    len: to - from,
                    commit: run.commit,
                    path: run.path,
                    src: run.original_start + (from - run.start),
                    end: ClaimEnd::Run(run.end),
                });
            }
        }
        true
    }

    fn pass(&mut self, to: CommitIx, path: PathIx, blob: BlobIx, segments: Vec<Segment>) {
        let slot = &mut self.states[to.0 as usize];
        if slot.is_none() {
            self.alive += 1;
        }
        let state = slot.get_or_insert_default();
        add(state, path, Suspect { blob, segments });
    }

    fn pass_all(&mut self, to: CommitIx, mut suspects: Suspects) {
        let slot = &mut self.states[to.0 as usize];
        match slot {
            None => {
                self.alive += 1;
                *slot = Some(suspects);
            }
            Some(state) => {
                if state.len() < suspects.len() {
                    std::mem::swap(state, &mut suspects);
                }
                for (path, suspect) in suspects {
                    add(state, path, suspect);
                }
            }
        }
    }

    fn end_all(&mut self, commit: CommitIx, suspects: Suspects, end: ClaimEnd) {
        for (path, suspect) in suspects {
            self.end(commit, path, &suspect.segments, end);
        }
    }

    fn end(&mut self, commit: CommitIx, path: PathIx, segments: &[Segment], end: ClaimEnd) {
        self.claims.extend(segments.iter().map(|segment| Claim {
            asker: segment.asker,
            dst: segment.dst,
            len: segment.len,
            commit,
            path,
            src: segment.src,
            end,
        }));
    }
}

fn parent_file(
    path: PathIx,
    found: Result<Option<(Mode, ObjectId)>, Gap>,
    blobs: &BlobTable,
) -> ParentFile {
    match found {
        Ok(Some((mode, id))) if mode.is_text_candidate() => {
            ParentFile::File(path, blobs.intern(id))
        }
        Ok(Some(_)) => ParentFile::OtherType,
        Ok(None) => ParentFile::Absent,
        Err(_) => ParentFile::Unknown,
    }
}

fn add(state: &mut Suspects, path: PathIx, suspect: Suspect) {
    match state.entry(path) {
        std::collections::hash_map::Entry::Vacant(slot) => {
            slot.insert(suspect);
        }
        std::collections::hash_map::Entry::Occupied(mut slot) => {
            let segments = &mut slot.get_mut().segments;
            segments.extend(suspect.segments);
            segments.sort_unstable();
        }
    }
}

/// Splits segments, sorted by `src`, into those outside all hunks, moved to their place in the old
/// content, and those inside, left as they are.
fn cut(segments: &[Segment], hunks: &[Hunk]) -> (Vec<Segment>, Vec<Segment>) {
    let mut passed = Vec::with_capacity(segments.len());
    let mut kept = Vec::new();
    let mut first = 0;
    for segment in segments {
        while hunks
            .get(first)
            .is_some_and(|hunk| hunk.after.end <= segment.src)
        {
            first += 1;
        }
        let end = segment.src + segment.len;
        let mut at = segment.src;
        // Where the old content stands when the new one stands at 0.
        let mut old = first.checked_sub(1).map_or((0, 0), |before| {
            (hunks[before].before.end, hunks[before].after.end)
        });
        for hunk in &hunks[first..] {
            if hunk.after.start >= end {
                break;
            }
            if hunk.after.start > at {
                passed.push(part(segment, at, hunk.after.start, Some(old)));
                at = hunk.after.start;
            }
            let inside = hunk.after.end.min(end);
            if inside > at {
                kept.push(part(segment, at, inside, None));
                at = inside;
            }
            old = (hunk.before.end, hunk.after.end);
        }
        if at < end {
            passed.push(part(segment, at, end, Some(old)));
        }
    }
    if !passed.is_sorted() {
        passed.sort_unstable();
    }
    if !kept.is_sorted() {
        kept.sort_unstable();
    }
    (passed, kept)
}

/// Lines `from..to` of the current blob, moved behind the point where old and new correspond.
fn part(segment: &Segment, from: u32, to: u32, moved: Option<(u32, u32)>) -> Segment {
    let src = moved.map_or(from, |(old, new)| old + (from - new));
    Segment {
        src,
        len: to - from,
        asker: segment.asker,
        dst: segment.dst + (from - segment.src),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn segment(src: u32, len: u32, dst: u32) -> Segment {
        Segment {
            src,
            len,
            asker: 0,
            dst,
        }
    }

    #[test]
    fn lines_outside_hunks_move_and_lines_inside_stay() {
        let hunks = [
            Hunk {
                before: 2..2,
                after: 2..5,
            },
            Hunk {
                before: 4..6,
                after: 7..8,
            },
        ];
        let (passed, kept) = cut(&[segment(0, 10, 100)], &hunks);
        assert_eq!(
            passed,
            [segment(0, 2, 100), segment(2, 2, 105), segment(6, 2, 108)]
        );
        assert_eq!(kept, [segment(2, 3, 102), segment(7, 1, 107)]);
    }

    #[test]
    fn a_pure_deletion_at_a_segments_start_moves_it() {
        let hunks = [Hunk {
            before: 0..3,
            after: 0..0,
        }];
        let (passed, kept) = cut(&[segment(0, 2, 0)], &hunks);
        assert_eq!(passed, [segment(3, 2, 0)]);
        assert!(kept.is_empty());
    }

    proptest! {
        #[test]
        fn cutting_agrees_with_cutting_line_by_line(
            shape in proptest::collection::vec((0u32..4, 0u32..3, 0u32..3), 0..8),
            segments in proptest::collection::vec((0u32..30, 1u32..10), 0..6),
        ) {
            let mut hunks = Vec::new();
            let (mut old, mut new) = (0, 0);
            for (same, removed, added) in shape {
                // Hunks never touch: at least one line lies between two of them.
                old += same + 1;
                new += same + 1;
                if removed + added > 0 {
                    hunks.push(Hunk { before: old..old + removed, after: new..new + added });
                    old += removed;
                    new += added;
                }
            }
            let mut segments: Vec<Segment> = segments
                .into_iter()
                .enumerate()
                .map(|(asker, (src, len))| Segment { src, len, asker: asker as u32, dst: 1000 })
                .collect();
            segments.sort_unstable();
            let (passed, kept) = cut(&segments, &hunks);

            let mut expected_passed = Vec::new();
            let mut expected_kept = Vec::new();
            for s in &segments {
                for line in 0..s.len {
                    let at = s.src + line;
                    let inside = hunks.iter().any(|h| h.after.contains(&at));
                    if inside {
                        expected_kept.push((s.asker, s.dst + line, at));
                    } else {
                        let moved = hunks.iter().filter(|h| h.after.end <= at).fold(
                            i64::from(at),
                            |m, h| m + i64::from(h.before.end - h.before.start)
                                - i64::from(h.after.end - h.after.start),
                        );
                        expected_passed.push((s.asker, s.dst + line, u32::try_from(moved).unwrap()));
                    }
                }
            }
            let lines = |parts: &[Segment]| {
                let mut all: Vec<_> = parts
                    .iter()
                    .flat_map(|p| (0..p.len).map(|l| (p.asker, p.dst + l, p.src + l)))
                    .collect();
                all.sort_unstable();
                all
            };
            expected_passed.sort_unstable();
            expected_kept.sort_unstable();
            prop_assert_eq!(lines(&passed), expected_passed);
            prop_assert_eq!(lines(&kept), expected_kept);
        }
    }
}
