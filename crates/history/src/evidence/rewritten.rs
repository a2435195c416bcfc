//! Notes that a rewrite left behind: rebase, amend or cherry-pick made a new commit, and a note
//! still stands on the old one, which often is no longer part of history.
//!
//! Old and new are paired by author time to the second and by author address or subject: those
//! commands keep all three, an amend may change one. Then content decides line by line: an attested line counts for the new commit if git's own
//! diff from the old version of the file to the new one keeps it. A file that a rewrite moved is
//! found by its content. The result is labelled `inferred` and is never written back.

use std::cell::OnceCell;
use std::cmp::Reverse;

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use trueline_authorship::note::legacy::LegacyBlob;

use super::agreement;
use super::attest;
use super::claims::{Claim, Layer, Place, Span, within};
use super::displaced::Displaced;
use super::locate::{Located, subject};
use super::notes::{Shelf, StoredNote};
use super::objects::{self, Kept};
use super::overlay::commit_id;
use crate::model::{CommitIx, History, PathIx};
use crate::repository::Repository;
use crate::walk::touched;

/// Versions of one commit that are looked at: commits rewritten more often keep only the latest.
const MAX_VERSIONS: usize = 6;
/// Pairs of files compared to find those that one rewrite moved.
const MAX_COMPARED: usize = 200;

/// A commit of this history, and the noted commits that it was before it was rewritten, the
/// likeliest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rewrite {
    pub(super) to: CommitIx,
    pub(super) from: Versions,
}

/// Earlier versions of one commit.
pub(super) type Versions = SmallVec<[Version; 1]>;

/// A noted commit that may have been rewritten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Version {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    /// The tree it was built on, where it has one.
    before: Option<ObjectId>,
    committed: i64,
}

/// What rewriting keeps of a commit.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Mark {
    email: BString,
    time: i64,
    subject: BString,
}

impl Mark {
    pub(super) fn new(email: &[u8], time: i64, message: &[u8]) -> Self {
        Self {
            email: email.to_ascii_lowercase().into(),
            time,
            subject: subject(message).into(),
        }
    }

    /// What two commits share of that which rewriting keeps.
    pub(super) fn kinship(&self, other: &Self) -> Kinship {
        let email = self.email == other.email;
        let subject = self.subject == other.subject;
        if self.time == other.time && (email || subject) {
            Kinship::Timed
        } else if email && subject && self.subject.contains(&b' ') {
            Kinship::Named
        } else {
            Kinship::None
        }
    }

    pub(super) fn subject(&self) -> &[u8] {
        &self.subject
    }
    /// The author's address in lower case.
    pub(super) fn email(&self) -> &[u8] {
        &self.email
    }
}

/// How much of what rewriting keeps two commits share: an amend changes one of the three.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Kinship {
    /// Nothing that tells.
    None,
    /// Author and subject, of more than one word; another time.
    Named,
    /// The time to the second, with author or subject.
    Timed,
}

/// The noted commits of a repository, by what rewriting keeps of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Earlier {
    known: Vec<(Mark, Version)>,
    marks: FxHashMap<ObjectId, Mark>,
    /// Indices of those with one author and time, and with one time and subject: an amend changes
    /// one of the three.
    by_author: FxHashMap<(BString, i64), Vec<u32>>,
    by_subject: FxHashMap<(BString, i64), Vec<u32>>,
}

impl Earlier {
    /// Reads the noted commits, in this history and outside.
    pub(super) fn read(repo: &Repository, history: &History, located: &Located) -> Self {
        let reachable: FxHashSet<ObjectId> = history.commits.iter().map(|c| c.id).collect();
        let mut outside: Vec<ObjectId> = located
            .by_commit
            .keys()
            .filter(|id| !reachable.contains(*id))
            .copied()
            .collect();
        outside.sort_unstable();
        let read: Vec<Option<(Mark, Version)>> = outside
            .par_iter()
            .map_init(|| repo.local(), |repo, id| read_version(repo, *id))
            .collect();
        let inside = history
            .commits
            .iter()
            .filter(|c| located.by_commit.contains_key(&c.id))
            .map(|c| {
                let version = Version {
                    id: c.id,
                    tree: c.tree,
                    before: c.parents.first().map(|parent| history.commit(*parent).tree),
                    committed: c.committer_time.0,
                };
                let mark = Mark::new(&c.author.email, c.author_time.0, &c.message);
                (mark, version)
            });
        let mut earlier = Self::default();
        for (mark, version) in read.into_iter().flatten().chain(inside) {
            let ix = earlier.known.len() as u32;
            let (author, subject) = (mark.email.clone(), mark.subject.clone());
            let by_author = earlier.by_author.entry((author, mark.time));
            by_author.or_default().push(ix);
            let by_subject = earlier.by_subject.entry((subject, mark.time));
            by_subject.or_default().push(ix);
            earlier.marks.insert(version.id, mark.clone());
            earlier.known.push((mark, version));
        }
        earlier
    }

    /// What a commit may have been: with nothing changed of what rewriting keeps, the same tree,
    /// the latest first; never itself, and nothing that was committed after it.
    pub(super) fn versions(
        &self,
        mark: &Mark,
        id: ObjectId,
        tree: ObjectId,
        committed: i64,
    ) -> Versions {
        let by_author = self.by_author.get(&(mark.email.clone(), mark.time));
        let by_subject = self.by_subject.get(&(mark.subject.clone(), mark.time));
        let mut found: Vec<u32> = by_author
            .into_iter()
            .chain(by_subject)
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        found.dedup();
        let known = found.into_iter().map(|ix| &self.known[ix as usize]);
        let mut versions: Vec<&(Mark, Version)> = known
            .filter(|(_, v)| v.id != id && v.committed <= committed)
            .collect();
        versions.sort_unstable_by_key(|(known, v)| {
            Reverse((known == mark, v.tree == tree, v.committed, v.id))
        });
        versions
            .iter()
            .map(|known| known.1)
            .take(MAX_VERSIONS)
            .collect()
    }

    /// Pairs the commits of a history with what they were. Two of the three marks may be those of
    /// two commits of one script: then they must have a line in common that tells something.
    pub(super) fn rewrites(&self, repo: &Repository, history: &History) -> Vec<Rewrite> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let marked = history.commits.iter().enumerate();
        let marked: Vec<(CommitIx, Mark, Versions)> = marked
            .filter_map(|(ix, commit)| {
                let mark = Mark::new(&commit.author.email, commit.author_time.0, &commit.message);
                let committed = commit.committer_time.0;
                let from = self.versions(&mark, commit.id, commit.tree, committed);
                let to = CommitIx(ix as u32);
                (!from.is_empty()).then_some((to, mark, from))
            })
            .collect();
        let rewrites = marked.into_par_iter().map_init(
            || repo.local(),
            |repo, (to, mark, mut from)| {
                let mut there = None;
                from.retain(|version| {
                    if self.marks.get(&version.id) == Some(&mark) {
                        return true;
                    }
                    let there = there.get_or_insert_with(|| {
                        let files = agreement::changed_files(repo, history, to);
                        agreement::added_lines(repo, &files)
                    });
                    let files = agreement::differing_files(repo, version.before, version.tree);
                    let files = files.unwrap_or_default();
                    agreement::added_lines(repo, &files).shared(there) > 0
                });
                (!from.is_empty()).then_some(Rewrite { to, from })
            },
        );
        rewrites.flatten().collect()
    }
}

fn read_version(repo: &gix::Repository, id: ObjectId) -> Option<(Mark, Version)> {
    let commit = repo.try_find_object(id).ok()??.try_into_commit().ok()?;
    let decoded = commit.decode().ok()?;
    let author = decoded.author().ok()?;
    let mark = Mark::new(author.email, author.seconds(), decoded.message);
    let version = Version {
        id,
        tree: decoded.tree(),
        before: decoded.parents().next().and_then(|parent| {
            let parent = repo.try_find_object(parent).ok()??.try_into_commit().ok()?;
            Some(parent.tree_id().ok()?.detach())
        }),
        committed: decoded.committer().ok()?.seconds(),
    };
    Some((mark, version))
}

/// The claims of the old notes on lines of the new commits.
pub(super) fn carry(
    repo: &Repository,
    history: &History,
    rewrites: &[Rewrite],
    shelf: &Shelf,
    stores: &[String],
    wanted: &FxHashMap<CommitIx, Vec<PathIx>>,
) -> Vec<(Place, Layer<Claim>)> {
    let carried: Vec<Vec<(Place, Layer<Claim>)>> = rewrites
        .par_iter()
        .map_init(
            || repo.local(),
            |repo, rewrite| {
                let paths = wanted.get(&rewrite.to).map_or(&[][..], Vec::as_slice);
                let paths: Vec<(PathIx, &[u8])> = paths
                    .iter()
                    .map(|path| (*path, history.path(*path).as_bytes()))
                    .collect();
                let tree = history.commit(rewrite.to).tree;
                // Whatever else is asked for: what a file was before does not depend on it.
                let changed = touched::by_commit(repo, history, rewrite.to);
                let changed: Vec<&[u8]> = changed.iter().map(|file| &file.path[..]).collect();
                let mut out = Vec::new();
                for version in &rewrite.from {
                    let target = (tree, &changed[..]);
                    for (path, layer) in carry_from(repo, version, target, &paths, shelf, stores) {
                        out.push(((rewrite.to, path), layer));
                    }
                }
                out
            },
        )
        .collect();
    carried.into_iter().flatten().collect()
}

/// The claims of the notes on an earlier version of a commit, on lines of the wanted files in its
/// tree, of which the given ones may have moved.
pub(super) fn carry_from<K: Copy>(
    repo: &gix::Repository,
    version: &Version,
    (tree, changed): (ObjectId, &[&[u8]]),
    wanted: &[(K, &[u8])],
    shelf: &Shelf,
    stores: &[String],
) -> Vec<(K, Layer<Claim>)> {
    let mut out = Vec::new();
    let notes = shelf.notes.get(&version.id);
    let Some(notes) = notes.filter(|_| !wanted.is_empty()) else {
        return out;
    };
    let id = commit_id(version.id);
    let displaced = OnceCell::new();
    for stored in notes.iter().filter(|stored| !stored.is_copy) {
        let source = &stores[stored.store as usize];
        let moved = moved_files(repo, version.tree, tree, stored, changed);
        attest::for_each_block(stored, &shelf.prompts, |path, ranges| {
            let path = path.as_bytes();
            let to = moved.get(path).copied().unwrap_or(path);
            let Ok(Some(old)) = objects::file_at(repo, version.tree, path) else {
                return;
            };
            let layer = attest::layer(ranges, source, &id);
            let layer: Layer<Claim> = layer
                .into_iter()
                .map(|span| Span {
                    what: span.what.inferred(),
                    ..span
                })
                .collect();
            if let Some((key, _)) = wanted.iter().find(|(_, path)| *path == to)
                && let Some(layer) = carried_to(repo, (old, &layer), (tree, to))
            {
                out.push((*key, layer));
            }
            let displaced = displaced.get_or_init(|| displaced_files(repo, version, tree, changed));
            let elsewhere = displaced
                .iter()
                .filter(|(from, there)| from == path && *there != to);
            for (_, there) in elsewhere {
                if let Some((key, _)) = wanted.iter().find(|(_, path)| path == there)
                    && let Some(layer) = carried_to(repo, (old, &layer), (tree, there))
                {
                    out.push((*key, layer));
                }
            }
        });
    }
    out
}

/// Claims on lines of an old file, brought to a file of a new tree.
fn carried_to(
    repo: &gix::Repository,
    (old, layer): (ObjectId, &Layer<Claim>),
    (tree, path): (ObjectId, &[u8]),
) -> Option<Layer<Claim>> {
    let new = objects::file_at(repo, tree, path).ok()??;
    if old == new {
        return Some(layer.clone());
    }
    let (old, new) = (
        objects::text(repo, old).ok()?,
        objects::text(repo, new).ok()?,
    );
    Some(shift(layer, &objects::kept_lines(&old, &new)))
}

/// Files whose lines a rewrite put into a changed file of another name: old path and new path.
fn displaced_files<'w>(
    repo: &gix::Repository,
    version: &Version,
    tree: ObjectId,
    changed: &[&'w [u8]],
) -> Vec<(Vec<u8>, &'w [u8])> {
    let files = agreement::differing_files(repo, version.before, version.tree);
    let displaced = Displaced::new(repo, &files.unwrap_or_default(), tree);
    if displaced.is_empty() {
        return Vec::new();
    }
    let found = changed.iter().filter_map(|path| {
        let here = objects::file_at(repo, tree, path).ok()??;
        let text = objects::text(repo, here).ok()?;
        let lost = displaced.source(text.lines())?;
        Some((lost.path.clone(), *path))
    });
    found.collect()
}

/// Files of a note that the new tree has elsewhere, by their old path: the same content, else the
/// most lines in common, at least one half; only between paths that the other tree does not have.
fn moved_files<'w>(
    repo: &gix::Repository,
    old: ObjectId,
    new: ObjectId,
    stored: &StoredNote,
    changed: &[&'w [u8]],
) -> FxHashMap<Vec<u8>, &'w [u8]> {
    let absent = |tree, path: &[u8]| matches!(objects::file_at(repo, tree, path), Ok(None));
    let mut moved = FxHashMap::default();
    if old == new {
        return moved;
    }
    let arrived: Vec<(&[u8], ObjectId)> = changed
        .iter()
        .filter(|path| absent(old, path))
        .filter_map(|path| Some((*path, objects::file_at(repo, new, path).ok()??)))
        .collect();
    if arrived.is_empty() {
        return moved;
    }
    let gone: Vec<(&[u8], ObjectId)> = block_paths(stored)
        .into_iter()
        .filter(|path| absent(new, path))
        .filter_map(|path| Some((path, objects::file_at(repo, old, path).ok()??)))
        .collect();
    let mut compared = 0;
    for (path, blob) in gone {
        if let Some((to, _)) = arrived.iter().find(|(_, id)| *id == blob) {
            moved.insert(path.to_vec(), *to);
            continue;
        }
        compared += arrived.len();
        if compared > MAX_COMPARED {
            break;
        }
        let Ok(before) = objects::text(repo, blob) else {
            continue;
        };
        let mut best: Option<(u32, &[u8])> = None;
        for (to, id) in &arrived {
            let Ok(after) = objects::text(repo, *id) else {
                continue;
            };
            if let Some(common) = objects::mostly_kept(&before, &after)
                && best.is_none_or(|(most, _)| common > most)
            {
                best = Some((common, to));
            }
        }
        if let Some((_, to)) = best {
            moved.insert(path.to_vec(), to);
        }
    }
    moved
}

fn block_paths(stored: &StoredNote) -> Vec<&[u8]> {
    match &stored.content {
        LegacyBlob::Note(note) => note.files.iter().map(|f| f.path.as_bytes()).collect(),
        LegacyBlob::Names(names) => names.files.iter().map(|f| f.path.as_bytes()).collect(),
    }
}

/// Moves spans along the lines that two versions have in common; the rest drops.
pub(super) fn shift<T: Clone>(layer: &[Span<T>], kept: &[Kept]) -> Layer<T> {
    let refs: Vec<Span<usize>> = layer
        .iter()
        .enumerate()
        .map(|(ix, span)| Span {
            first: span.first,
            end: span.end,
            what: ix,
        })
        .collect();
    kept.iter()
        .flat_map(|k| {
            within(&refs, k.old, k.old + k.len).map(|span| Span {
                first: k.new + (span.first - k.old),
                end: k.new + (span.end - k.old),
                what: layer[span.what].what.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_move_with_the_lines_around_an_insertion_and_drop_inside_a_change() {
        let layer = [Span {
            first: 0,
            end: 4,
            what: 'a',
        }];
        let kept = [
            Kept {
                old: 0,
                new: 1,
                len: 2,
            },
            Kept {
                old: 3,
                new: 5,
                len: 5,
            },
        ];
        let shifted = shift(&layer, &kept);
        let flat: Vec<_> = shifted.iter().map(|s| (s.first, s.end)).collect();
        assert_eq!(flat, [(1, 3), (5, 6)]);
    }
}
