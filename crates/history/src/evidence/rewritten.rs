//! Notes that a rewrite left behind: rebase, amend or cherry-pick made a new commit without a
//! note, and the note still stands on the old one, which is no longer part of history.
//!
//! Old and new are paired by author address, author time and subject, which those commands keep.
//! Then content decides line by line: an attested line counts for the new commit if git's own
//! diff from the old version of the file to the new one keeps it. The result is labelled
//! `inferred` and is never written back.

use bstr::BString;
use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::attest;
use super::claims::{Claim, Layer, Place, Span, within};
use super::locate::{Located, subject};
use super::notes::Shelf;
use super::objects::{self, Kept};
use super::overlay::commit_id;
use crate::model::{CommitIx, History, PathIx};
use crate::repository::Repository;

/// A commit of this history, and the noted commit that it was before it was rewritten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rewrite {
    pub(super) to: CommitIx,
    pub(super) from: ObjectId,
    pub(super) from_tree: ObjectId,
}

/// What rewriting keeps of a commit.
#[derive(PartialEq, Eq, Hash)]
struct Mark {
    email: BString,
    time: i64,
    subject: BString,
}

impl Mark {
    fn new(email: &[u8], time: i64, message: &[u8]) -> Self {
        Self {
            email: email.to_ascii_lowercase().into(),
            time,
            subject: subject(message).into(),
        }
    }
}

struct Old {
    id: ObjectId,
    tree: ObjectId,
    committed: i64,
}

/// Pairs commits that have no note with noted commits outside this history.
pub(super) fn find(repo: &Repository, history: &History, located: &Located) -> Vec<Rewrite> {
    let reachable: FxHashSet<ObjectId> = history.commits.iter().map(|c| c.id).collect();
    let mut outside: Vec<ObjectId> = located
        .by_commit
        .keys()
        .filter(|id| !reachable.contains(*id))
        .copied()
        .collect();
    outside.sort_unstable();
    let read: Vec<Option<(Mark, Old)>> = outside
        .par_iter()
        .map_init(|| repo.local(), |repo, id| read_old(repo, *id))
        .collect();
    let mut old: FxHashMap<Mark, Vec<Old>> = FxHashMap::default();
    for (mark, commit) in read.into_iter().flatten() {
        old.entry(mark).or_default().push(commit);
    }
    let mut rewrites = Vec::new();
    for (ix, commit) in history.commits.iter().enumerate() {
        if old.is_empty() || commit.is_merge() || located.by_commit.contains_key(&commit.id) {
            continue;
        }
        let mark = Mark::new(&commit.author.email, commit.author_time.0, &commit.message);
        // Rewritten several times: the same tree first, then the latest.
        let best = old.get(&mark).and_then(|candidates| {
            candidates
                .iter()
                .max_by_key(|c| (c.tree == commit.tree, c.committed, c.id))
        });
        if let Some(best) = best {
            rewrites.push(Rewrite {
                to: CommitIx(ix as u32),
                from: best.id,
                from_tree: best.tree,
            });
        }
    }
    rewrites
}

fn read_old(repo: &gix::Repository, id: ObjectId) -> Option<(Mark, Old)> {
    let commit = repo.try_find_object(id).ok()??.try_into_commit().ok()?;
    let decoded = commit.decode().ok()?;
    let author = decoded.author().ok()?;
    if decoded.parents().count() > 1 {
        return None;
    }
    let mark = Mark::new(author.email, author.seconds(), decoded.message);
    let old = Old {
        id,
        tree: decoded.tree(),
        committed: decoded.committer().ok()?.seconds(),
    };
    Some((mark, old))
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
                carry_one(repo, history, rewrite, shelf, stores, paths)
            },
        )
        .collect();
    carried.into_iter().flatten().collect()
}

fn carry_one(
    repo: &gix::Repository,
    history: &History,
    rewrite: &Rewrite,
    shelf: &Shelf,
    stores: &[String],
    wanted: &[PathIx],
) -> Vec<(Place, Layer<Claim>)> {
    let mut out = Vec::new();
    let Some(notes) = shelf.notes.get(&rewrite.from) else {
        return out;
    };
    let id = commit_id(rewrite.from);
    let new_tree = history.commit(rewrite.to).tree;
    for stored in notes {
        let source = &stores[stored.store as usize];
        attest::for_each_block(stored, &shelf.prompts, |path, ranges| {
            let Some(place) = wanted.iter().find(|p| history.path(**p) == path) else {
                return;
            };
            let old = objects::file_at(repo, rewrite.from_tree, path.as_bytes());
            let new = objects::file_at(repo, new_tree, path.as_bytes());
            let (Ok(Some(old)), Ok(Some(new))) = (old, new) else {
                return;
            };
            let layer = attest::layer(ranges, source, &id);
            let layer = if old == new {
                layer
            } else {
                match (objects::text(repo, old), objects::text(repo, new)) {
                    (Ok(old), Ok(new)) => shift(&layer, &objects::kept_lines(&old, &new)),
                    _ => return,
                }
            };
            let layer = layer
                .into_iter()
                .map(|span| Span {
                    what: span.what.inferred(),
                    ..span
                })
                .collect();
            out.push(((rewrite.to, *place), layer));
        });
    }
    out
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
