//! Where a file that a parent does not have came from, chosen as `git blame` chooses it.
//!
//! Git looks at the deleted files of the same comparison: an identical blob first (same file name
//! preferred), then a file of the same, unambiguous name that is 75 % similar, then the most
//! similar one from 50 %. With one destination git's limit is a million candidates.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::graph::Graph;
use crate::model::{CommitIx, PathIx};
use crate::repository::{Gap, is_binary};
use crate::walk::blobs::{BlobIx, BlobTable, Blobs};
use crate::walk::tables::{ChangeTable, PathTable, Side};
use crate::walk::trees::{Before, Mode, Trees};

/// Git's scale of similarity.
const MAX_SCORE: u64 = 60_000;
const MINIMUM_SCORE: u64 = MAX_SCORE / 2;
/// A file of the same name is taken without looking further from here on.
const SAME_NAME_SCORE: u64 = MINIMUM_SCORE + (MAX_SCORE - MINIMUM_SCORE) / 2;
/// Identical blobs that are looked at for one with the same file name.
const IDENTICAL_LOOKED_AT: usize = 100;
/// Candidates that git ranks against each other.
const RANKED: usize = 4;
/// Git's square of `diff.renameLimit`, with one destination.
const MAX_SOURCES: usize = 1_000_000;
/// Deleted files remembered over all comparisons before the memory is emptied.
const REMEMBERED_SOURCES: usize = 100_000;

/// Pieces of content: a hash of each piece and how many bytes have it, by hash.
type Pieces = Arc<[(u32, u32)]>;

struct Source {
    path: PathIx,
    name: Arc<[u8]>,
    mode: Mode,
    blob: BlobIx,
    size: Option<Result<u64, Gap>>,
    pieces: Option<Result<Pieces, Gap>>,
}

/// What is known of where a file came from.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Predecessor {
    /// The file of the parent that it was under another name, of those that can be read.
    pub(crate) file: Option<(PathIx, BlobIx)>,
    /// It could not be compared with a file that git may have taken instead.
    pub(crate) uncompared: bool,
    /// Git may have taken one of a tree that could not be read.
    pub(crate) unlisted: bool,
}

impl Predecessor {
    pub(crate) const fn is_certain(&self) -> bool {
        !self.uncompared && !self.unlisted
    }
}

/// The files that one comparison deletes.
struct Sources {
    list: Vec<Source>,
    /// There may be more that could not be listed.
    unlisted: bool,
    by_blob: FxHashMap<BlobIx, Vec<usize>>,
    /// The only source of that file name; `None` if there are several.
    by_file_name: FxHashMap<Box<[u8]>, Option<usize>>,
}

/// Renames found so far, by commit and parent.
#[derive(Default)]
pub(crate) struct RenameMemo {
    inner: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    sources: FxHashMap<(CommitIx, u32), Arc<Mutex<Sources>>>,
    count: usize,
}

impl std::fmt::Debug for RenameMemo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RenameMemo").finish_non_exhaustive()
    }
}

/// The tables that a search for renames reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RenameContext<'w> {
    pub(crate) graph: &'w Graph,
    pub(crate) changes: Option<&'w ChangeTable>,
    pub(crate) paths: &'w PathTable,
    pub(crate) blobs: &'w BlobTable,
    pub(crate) memo: &'w RenameMemo,
}

impl RenameContext<'_> {
    /// What `path` was in the `parent`-th parent of `commit`.
    pub(crate) fn find(
        &self,
        commit: CommitIx,
        parent: usize,
        path: PathIx,
        blob: BlobIx,
        blobs: &mut Blobs<'_>,
        trees: &mut Trees,
    ) -> Predecessor {
        let sources = self.sources(commit, parent, blobs, trees);
        let mut sources = sources.lock().unwrap_or_else(PoisonError::into_inner);
        let name = self.paths.name(path);
        let (found, uncompared) = match sources.identical(blob, &name) {
            Some(at) => (Some(at), false),
            None if sources.list.is_empty() => (None, false),
            None => sources.similar(blob, &name, blobs),
        };
        Predecessor {
            file: found.map(|found| {
                let source = &sources.list[found];
                (source.path, source.blob)
            }),
            uncompared,
            unlisted: sources.unlisted,
        }
    }

    fn sources(
        &self,
        commit: CommitIx,
        parent: usize,
        blobs: &Blobs<'_>,
        trees: &mut Trees,
    ) -> Arc<Mutex<Sources>> {
        let key = (commit, parent as u32);
        {
            let remembered = self
                .memo
                .inner
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(sources) = remembered.sources.get(&key) {
                return Arc::clone(sources);
            }
        }
        let mut deleted: Vec<(PathIx, Mode, BlobIx)> = Vec::new();
        let mut unlisted = false;
        if let (0, Some(changes)) = (parent, self.changes) {
            unlisted = changes.limits(commit).hides_gone;
            for entry in changes.of(commit) {
                if let (Side::Present(mode, blob), Side::Absent) = (entry.before, entry.after) {
                    deleted.push((entry.path, mode, blob));
                }
            }
        } else if let Some(before) = self.graph.commit(commit).parents.get(parent) {
            let before = self.graph.commit(*before).tree;
            let after = self.graph.commit(commit).tree;
            let limits = trees.differences(&blobs.objects, Some(before), after, |difference| {
                if let (Before::Present(mode, id), None) = (difference.before, difference.after) {
                    deleted.push((
                        self.paths.intern(difference.path),
                        mode,
                        self.blobs.intern(id),
                    ));
                }
            });
            unlisted = limits.hides_gone;
        }
        if deleted.len() > MAX_SOURCES {
            deleted.clear();
        }
        let count = deleted.len();
        let list = deleted.into_iter().map(|(path, mode, blob)| Source {
            path,
            name: self.paths.name(path),
            mode,
            blob,
            size: None,
            pieces: None,
        });
        let sources = Arc::new(Mutex::new(Sources::new(list, unlisted)));
        let mut remembered = self
            .memo
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if remembered.count + count > REMEMBERED_SOURCES {
            remembered.sources.clear();
            remembered.count = 0;
        }
        remembered.count += count;
        Arc::clone(remembered.sources.entry(key).or_insert(sources))
    }
}

fn file_name(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..])
}

impl Sources {
    fn new(list: impl Iterator<Item = Source>, unlisted: bool) -> Self {
        let list: Vec<Source> = list.collect();
        let mut by_blob: FxHashMap<BlobIx, Vec<usize>> = FxHashMap::default();
        let mut by_file_name: FxHashMap<Box<[u8]>, Option<usize>> = FxHashMap::default();
        for (at, source) in list.iter().enumerate() {
            if source.mode.is_text_candidate() {
                by_blob.entry(source.blob).or_default().push(at);
            }
            by_file_name
                .entry(file_name(&source.name).into())
                .and_modify(|only| *only = None)
                .or_insert(Some(at));
        }
        Self {
            list,
            unlisted,
            by_blob,
            by_file_name,
        }
    }

    fn identical(&self, blob: BlobIx, name: &[u8]) -> Option<usize> {
        let same = self.by_blob.get(&blob)?;
        same.iter()
            .take(IDENTICAL_LOOKED_AT)
            .find(|at| file_name(&self.list[**at].name) == file_name(name))
            .or_else(|| same.first())
            .copied()
    }

    /// The source that git would take, and whether one could not be compared that it might have taken.
    fn similar(
        &mut self,
        blob: BlobIx,
        name: &[u8],
        blobs: &mut Blobs<'_>,
    ) -> (Option<usize>, bool) {
        let Ok(size) = blobs.size(blob) else {
            return (None, true);
        };
        let mut target = None;
        if let Some(Some(only)) = self.by_file_name.get(file_name(name)).copied()
            && let Ok(score) = self.score(only, blob, size, &mut target, blobs)
            && score >= SAME_NAME_SCORE
        {
            return (Some(only), false);
        }
        let mut ranked: Vec<(u64, bool, usize)> = Vec::with_capacity(RANKED);
        let mut uncompared = false;
        for at in 0..self.list.len() {
            let score = match self.score(at, blob, size, &mut target, blobs) {
                Ok(score) => score,
                // Git passes over it as well.
                Err(Gap::TooLarge) => 0,
                Err(Gap::Missing | Gap::Damaged) => {
                    uncompared = true;
                    0
                }
            };
            let same_name = file_name(&self.list[at].name) == file_name(name);
            rank(&mut ranked, (score, same_name, at));
        }
        // The sort is stable, so equals keep the order of their slots, as in git.
        ranked.sort_by_key(|(score, same_name, _)| Reverse((*score, *same_name)));
        let best = ranked.first();
        let best = best.filter(|(score, ..)| *score >= MINIMUM_SCORE);
        (best.map(|(.., at)| *at), uncompared)
    }

    /// The share of the larger file that is also in the smaller one; 0 if the sizes rule out 50 %.
    fn score(
        &mut self,
        at: usize,
        blob: BlobIx,
        size: u64,
        target: &mut Option<Result<Pieces, Gap>>,
        blobs: &mut Blobs<'_>,
    ) -> Result<u64, Gap> {
        let source = &mut self.list[at];
        if !source.mode.is_text_candidate() {
            return Ok(0);
        }
        let source_blob = source.blob;
        let source_size = (*source.size.get_or_insert_with(|| blobs.size(source_blob)))?;
        let larger = size.max(source_size);
        let smaller = size.min(source_size);
        if larger == 0 || larger * (MAX_SCORE - MINIMUM_SCORE) < (larger - smaller) * MAX_SCORE {
            return Ok(0);
        }
        let ours = target.get_or_insert_with(|| pieces(blob, blobs));
        let theirs = source
            .pieces
            .get_or_insert_with(|| pieces(source_blob, blobs));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => Ok(shared_bytes(theirs, ours) * MAX_SCORE / larger),
            (Err(gap), _) | (_, Err(gap)) => Err(*gap),
        }
    }
}

/// Keeps the best few, replacing the first of the worst only by something strictly better.
fn rank(ranked: &mut Vec<(u64, bool, usize)>, candidate: (u64, bool, usize)) {
    if ranked.len() < RANKED {
        ranked.push(candidate);
        return;
    }
    let mut worst = 0;
    for at in 1..ranked.len() {
        if (ranked[at].0, ranked[at].1) < (ranked[worst].0, ranked[worst].1) {
            worst = at;
        }
    }
    if (candidate.0, candidate.1) > (ranked[worst].0, ranked[worst].1) {
        ranked[worst] = candidate;
    }
}

fn shared_bytes(a: &[(u32, u32)], b: &[(u32, u32)]) -> u64 {
    let mut shared = 0u64;
    let mut others = b.iter().peekable();
    for (hash, bytes) in a {
        while others.next_if(|(other, _)| other < hash).is_some() {}
        if let Some((_, other)) = others.next_if(|(other, _)| other == hash) {
            shared += u64::from(*bytes.min(other));
        }
    }
    shared
}

fn pieces(blob: BlobIx, blobs: &mut Blobs<'_>) -> Result<Pieces, Gap> {
    Ok(pieces_of(&blobs.content(blob)?))
}

/// Cuts content into lines, long ones every 64 bytes, and counts bytes by a 17-bit hash. The hash
/// is git's: its collisions are part of the score that decides which file a line is traced to.
fn pieces_of(content: &[u8]) -> Pieces {
    const LONGEST_PIECE: u32 = 64;
    const HASH_RANGE: u32 = 107_927;
    let text = !is_binary(content);
    let mut all: Vec<(u32, u32)> = Vec::with_capacity(content.len() / 24);
    let (mut low, mut high, mut length) = (0u32, 0u32, 0u32);
    let mut bytes = content.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        // A line end is one byte, however it is written.
        if text && byte == b'\r' && bytes.peek() == Some(&b'\n') {
            continue;
        }
        let carried = low;
        low = (low << 7) ^ (high >> 25);
        high = (high << 7) ^ (carried >> 25);
        low = low.wrapping_add(u32::from(byte));
        length += 1;
        if length == LONGEST_PIECE || byte == b'\n' {
            all.push((
                low.wrapping_add(high.wrapping_mul(0x61)) % HASH_RANGE,
                length,
            ));
            (low, high, length) = (0, 0, 0);
        }
    }
    if length > 0 {
        all.push((
            low.wrapping_add(high.wrapping_mul(0x61)) % HASH_RANGE,
            length,
        ));
    }
    all.sort_unstable();
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(a: &[u8], b: &[u8]) -> u64 {
        let larger = a.len().max(b.len()) as u64;
        shared_bytes(&pieces_of(a), &pieces_of(b)) * 100 / larger
    }

    #[test]
    fn similarity_is_the_share_of_bytes_in_common_lines() {
        assert_eq!(similarity(b"one\ntwo\n", b"two\none\n"), 100);
        assert_eq!(similarity(b"one\ntwo\n", b"one\nxyz\n"), 50);
        assert_eq!(similarity(b"one\n", b"xyz\n"), 0);
    }

    #[test]
    fn a_carriage_return_before_a_newline_does_not_count() {
        assert_eq!(pieces_of(b"one\r\ntwo\r\n"), pieces_of(b"one\ntwo\n"));
    }

    #[test]
    fn the_fifth_of_equals_does_not_displace_the_first() {
        let mut ranked = Vec::new();
        for at in 0..6 {
            rank(&mut ranked, (40_000, false, at));
        }
        ranked.sort_by_key(|(score, same_name, _)| Reverse((*score, *same_name)));
        assert_eq!(ranked[0].2, 0);
    }
}
