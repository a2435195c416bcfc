//! Commits that a commit of this history repeats, found by content alone: what an amend with new
//! words, another author or another time, a squash without a number, or the revert of a revert
//! left behind.
//!
//! A commit that is noted or stands on another branch, and is not part of this history, may speak
//! for a later one if most lines that it added are added there too, in the same files. Work that
//! was done twice looks alike, so the older commit counts: where others added more than a tenth of
//! the lines before, here or without evidence on another branch, nothing is said. Every pair goes the way of a squash
//! with one original, line by line and labelled `inferred`.

use std::sync::atomic::{AtomicBool, Ordering};

use bstr::ByteSlice;
use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_authorship::message::{Role, Sign};
use trueline_facts::{Confidence, EvidenceClass};

use super::agreement::{self, AddedLines, ChangedFile, most};
use super::branch_lines::{BranchCommit, BranchParent};
use super::locate::Located;
use super::objects;
use super::refs::Refs;
use super::rewritten::{Earlier, Rewrite};
use super::squash::{Original, Read, Squash, read_commit};
use crate::model::{CommitIx, History, PathIx};
use crate::repository::Repository;

/// Commits of other branches that are read.
const MAX_OUTSIDE: usize = 40_000;
/// Of those with evidence, the newest are compared: each costs many diffs, on every run.
const MAX_COMPARED: usize = 150;
/// A commit lands within this time, or is not looked for: seconds.
const WINDOW: i64 = 120 * 86_400;
/// Commits that one source is compared with: the first that came after it.
const MAX_TARGETS: usize = 8;
/// Sources that one commit is given.
const MAX_SOURCES: usize = 6;
/// Older commits looked at to tell whether a source was the first.
const MAX_RIVALS: usize = 300;
/// With fewer lines in common, author and parent must agree, too.
const FEW: u32 = 3;

/// What is known before content is compared.
pub(super) struct Known<'k> {
    pub(super) refs: &'k Refs,
    pub(super) located: &'k Located,
    pub(super) earlier: &'k Earlier,
    pub(super) rewrites: &'k [Rewrite],
    /// Squashes and the heads of their branches.
    pub(super) paired: &'k [(CommitIx, ObjectId)],
}

/// A commit outside of this history, and what it changed.
struct Source {
    id: ObjectId,
    read: Read,
    /// The tree that it was built on; `None` for a root.
    base: Option<ObjectId>,
    files: Vec<ChangedFile>,
}

/// Finds what commits of a history repeat.
pub(super) fn find(
    repo: &Repository,
    history: &History,
    known: &Known<'_>,
    interrupt: &AtomicBool,
) -> Vec<Squash> {
    let inside: FxHashSet<ObjectId> = history.commits.iter().map(|c| c.id).collect();
    let outside = read_outside(repo, known, &inside, interrupt);
    let sources = sources(repo, known, &outside, &inside);
    if sources.is_empty() || interrupt.load(Ordering::Relaxed) {
        return Vec::new();
    }
    let by_path = commits_by_path(history, &sources);
    let taken: FxHashSet<CommitIx> = known.paired.iter().map(|pair| pair.0).collect();
    let may_repeat = |ix: CommitIx| {
        let commit = history.commit(ix);
        !commit.is_merge()
            && !taken.contains(&ix)
            && !known.located.by_commit.contains_key(&commit.id)
    };
    let pairs: Vec<(usize, CommitIx)> = sources
        .iter()
        .enumerate()
        .flat_map(|(at, source)| {
            let targets = targets(history, source, &by_path);
            targets
                .into_iter()
                .filter(|ix| may_repeat(*ix))
                .take(MAX_TARGETS)
                .map(move |ix| (at, ix))
                .collect::<Vec<_>>()
        })
        .collect();
    let mut compared: Vec<CommitIx> = pairs.iter().map(|pair| pair.1).collect();
    compared.sort_unstable();
    compared.dedup();
    let compared: FxHashMap<CommitIx, AddedLines> = compared
        .into_par_iter()
        .map_init(
            || repo.local(),
            |repo, ix| {
                let files = agreement::changed_files(repo, history, ix);
                (ix, agreement::added_lines(repo, &files))
            },
        )
        .collect();
    // A source's own lines are read once, whatever it is compared with.
    let by_source: Vec<&[(usize, CommitIx)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
    let mut found: Vec<(CommitIx, usize)> = by_source
        .into_par_iter()
        .map_init(
            || repo.local(),
            |repo, pairs| {
                let (at, _) = *pairs.first()?;
                let source = &sources[at];
                let added = agreement::added_lines(repo, &source.files);
                let rivals = Rivals {
                    repo,
                    history,
                    located: known.located,
                    outside: &outside,
                    by_path: &by_path,
                };
                // A trailer speaks of all that a commit puts there, also of what it copied from
                // elsewhere; without a note it counts only for the commit that took its place.
                let noted = known.located.by_commit.contains_key(&source.id);
                let repeated: Vec<(CommitIx, usize)> = pairs
                    .iter()
                    .filter(|(_, ix)| noted || takes_place(history, source, *ix))
                    .filter(|(_, ix)| {
                        compared
                            .get(ix)
                            .is_some_and(|there| repeats(history, source, &added, *ix, there))
                    })
                    .filter(|(_, ix)| !rivals.older(source, &added, *ix))
                    .map(|(at, ix)| (*ix, *at))
                    .collect();
                Some(repeated)
            },
        )
        .flatten()
        .flatten()
        .collect();
    // The latest version of the same work first.
    found.sort_unstable_by_key(|(ix, at)| {
        let source = &sources[*at];
        (*ix, std::cmp::Reverse(source.read.time), source.id)
    });
    found
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|pairs| pairs.iter().take(MAX_SOURCES))
        .map(|(ix, at)| {
            let source = &sources[*at];
            let mut read = source.read.clone();
            if !takes_place(history, source, *ix) {
                read.signs.clear();
            }
            one_original(*ix, source.id, read, source.base, known.earlier)
        })
        .collect()
}

/// Commits that bring back what a commit of this history added and another one reverted.
pub(super) fn reapplied(
    repo: &gix::Repository,
    history: &History,
    earlier: &Earlier,
) -> Vec<Squash> {
    let reverted: Vec<Option<ObjectId>> = history
        .commits
        .iter()
        .map(|c| reverts(&c.message))
        .collect();
    if reverted.iter().all(Option::is_none) {
        return Vec::new();
    }
    let by_id: FxHashMap<ObjectId, CommitIx> = history
        .commits
        .iter()
        .zip(0..)
        .map(|(commit, ix)| (commit.id, CommitIx(ix)))
        .collect();
    // Children come before parents: what is reverted has a greater index.
    let undone = |ix: CommitIx| {
        let older = by_id.get(&reverted[ix.0 as usize]?).copied()?;
        (older > ix).then_some(older)
    };
    let mut found = Vec::new();
    for ix in (0..history.commits.len() as u32).map(CommitIx) {
        let mut at = ix;
        while let Some(first) = undone(at).and_then(undone) {
            at = first;
            let commit = history.commit(first);
            let base = commit
                .parents
                .first()
                .map(|parent| history.commit(*parent).tree);
            if !commit.parents_missing
                && let Some(read) = read_commit(repo, commit.id)
            {
                found.push(one_original(ix, commit.id, read, base, earlier));
            }
        }
    }
    found
}

/// The commit that a message says is reverted, as git writes it.
fn reverts(message: &[u8]) -> Option<ObjectId> {
    const WORDS: &[u8] = b"This reverts commit ";
    let at = message.find(WORDS)? + WORDS.len();
    let hex: &[u8] = &message[at..];
    let end = hex
        .iter()
        .position(|b| !b.is_ascii_hexdigit())
        .unwrap_or(hex.len());
    ObjectId::from_hex(&hex[..end]).ok()
}

fn one_original(
    commit: CommitIx,
    id: ObjectId,
    read: Read,
    base: Option<ObjectId>,
    earlier: &Earlier,
) -> Squash {
    let links = BranchCommit {
        tree: read.tree,
        parents: base.into_iter().map(BranchParent::Base).collect(),
    };
    Squash {
        commit,
        branch: vec![Original::new(id, read, earlier)],
        links: vec![links],
    }
}

/// The commits of branches that are neither part of this history nor paired with a squash, and the
/// noted commits that no branch has, by id.
fn read_outside(
    repo: &Repository,
    known: &Known<'_>,
    inside: &FxHashSet<ObjectId>,
    interrupt: &AtomicBool,
) -> FxHashMap<ObjectId, Read> {
    let paired: FxHashSet<ObjectId> = known.paired.iter().map(|pair| pair.1).collect();
    let heads = known.refs.heads.iter().map(|(_, id)| *id);
    let noted = known.located.by_commit.keys().copied();
    let mut next: Vec<ObjectId> = heads
        .filter(|id| !paired.contains(id))
        .chain(noted)
        .filter(|id| !inside.contains(id))
        .collect();
    let noted: FxHashSet<ObjectId> = known.located.by_commit.keys().copied().collect();
    let on_branch: FxHashSet<ObjectId> = known.refs.heads.iter().map(|(_, id)| *id).collect();
    let mut found: FxHashMap<ObjectId, Read> = FxHashMap::default();
    let mut follow: FxHashSet<ObjectId> = on_branch;
    while !next.is_empty() && found.len() < MAX_OUTSIDE && !interrupt.load(Ordering::Relaxed) {
        next.sort_unstable();
        next.dedup();
        next.truncate(MAX_OUTSIDE - found.len());
        let read: Vec<(ObjectId, Option<Read>)> = next
            .par_iter()
            .map_init(|| repo.local(), |repo, id| (*id, read_commit(repo, *id)))
            .collect();
        next.clear();
        for (id, read) in read {
            let Some(read) = read else { continue };
            // What a branch descends from stands on it; what a mere note names does not.
            if follow.contains(&id) {
                for parent in &read.parents {
                    if !inside.contains(parent)
                        && follow.insert(*parent)
                        && !found.contains_key(parent)
                    {
                        next.push(*parent);
                    }
                }
            }
            found.insert(id, read);
        }
        // A noted commit that a branch turned out to stand on is followed, too.
        let again: Vec<ObjectId> = follow
            .iter()
            .filter(|id| noted.contains(*id))
            .filter_map(|id| found.get(id))
            .flat_map(|read| read.parents.iter().copied())
            .filter(|parent| !inside.contains(parent) && !found.contains_key(parent))
            .collect();
        for parent in again {
            follow.insert(parent);
            next.push(parent);
        }
    }
    found
}

/// Those of the commits outside that have evidence and may have been rewritten, oldest first.
fn sources(
    repo: &Repository,
    known: &Known<'_>,
    outside: &FxHashMap<ObjectId, Read>,
    inside: &FxHashSet<ObjectId>,
) -> Vec<Source> {
    let carried: FxHashSet<ObjectId> = known
        .rewrites
        .iter()
        .flat_map(|rewrite| &rewrite.from)
        .map(|version| version.id)
        .collect();
    let mut evident: Vec<(&ObjectId, &Read)> = outside
        .iter()
        .filter(|(id, read)| {
            let names = read.signs.iter().any(names_author);
            let noted = known.located.by_commit.contains_key(*id) && !carried.contains(*id);
            read.parents.len() < 2 && (names || noted)
        })
        .collect();
    evident.sort_unstable_by_key(|(id, read)| (read.time, **id));
    let older = evident.len().saturating_sub(MAX_COMPARED);
    evident.drain(..older);
    evident
        .into_par_iter()
        .map_init(
            || repo.local(),
            |repo, (id, read)| {
                let base = base_tree(repo, read, outside, inside)?;
                let files = agreement::differing_files(repo, base, read.tree)?;
                (!files.is_empty()).then(|| Source {
                    id: *id,
                    read: read.clone(),
                    base,
                    files,
                })
            },
        )
        .flatten()
        .collect()
}

/// The tree of the first parent; `Some(None)` for a root, `None` if it is not here.
#[expect(
    clippy::option_option,
    reason = "a root is not the same as a parent that is missing"
)]
fn base_tree(
    repo: &gix::Repository,
    read: &Read,
    outside: &FxHashMap<ObjectId, Read>,
    inside: &FxHashSet<ObjectId>,
) -> Option<Option<ObjectId>> {
    let Some(parent) = read.parents.first() else {
        return Some(None);
    };
    if !inside.contains(parent)
        && let Some(parent) = outside.get(parent)
    {
        return Some(Some(parent.tree));
    }
    let parent = repo
        .try_find_object(*parent)
        .ok()??
        .try_into_commit()
        .ok()?;
    Some(Some(parent.tree_id().ok()?.detach()))
}

fn names_author(sign: &Sign) -> bool {
    sign.role != Role::Reviewer
        && sign.class != EvidenceClass::Hint
        && sign.confidence > Confidence::Low
}

type ByPath<'h> = FxHashMap<&'h [u8], Vec<CommitIx>>;

/// The commits of a history that changed the paths of the sources, newest first.
fn commits_by_path<'h>(history: &'h History, sources: &[Source]) -> ByPath<'h> {
    let wanted: FxHashSet<&[u8]> = sources
        .iter()
        .flat_map(|source| &source.files)
        .map(|file| &file.path[..])
        .collect();
    let paths: FxHashMap<PathIx, &[u8]> = history
        .paths
        .iter()
        .zip(0..)
        .map(|(path, ix)| (PathIx(ix), path.as_bytes()))
        .filter(|(_, path)| wanted.contains(path))
        .collect();
    let mut found: ByPath<'h> = FxHashMap::default();
    for change in &history.changes {
        if let Some(path) = paths.get(&change.path) {
            found.entry(*path).or_default().push(change.commit);
        }
    }
    found
}

/// The commits that came after a source and touch most of its files, oldest first.
fn targets(history: &History, source: &Source, by_path: &ByPath<'_>) -> Vec<CommitIx> {
    let mut hits: FxHashMap<CommitIx, u32> = FxHashMap::default();
    for file in &source.files {
        for ix in by_path.get(&file.path[..]).into_iter().flatten() {
            let commit = history.commit(*ix);
            let since = commit.committer_time.0 - source.read.time;
            if (0..=WINDOW).contains(&since) && commit.author_time.0 >= source.read.written {
                *hits.entry(*ix).or_default() += 1;
            }
        }
    }
    let mut targets: Vec<CommitIx> = hits
        .into_iter()
        .filter(|(_, hits)| most(*hits, source.files.len() as u32))
        .map(|(ix, _)| ix)
        .collect();
    targets.sort_unstable_by_key(|ix| (history.commit(*ix).committer_time, *ix));
    targets
}

/// Whether a commit stands on the very parent of a source, as after an amend.
fn takes_place(history: &History, source: &Source, ix: CommitIx) -> bool {
    let parent = history.commit(ix).parents.first();
    let parent = parent.map(|parent| history.commit(*parent).id);
    parent.is_some() && parent.as_ref() == source.read.parents.first()
}

/// Whether a commit adds most of what a source added.
fn repeats(
    history: &History,
    source: &Source,
    added: &AddedLines,
    ix: CommitIx,
    there: &AddedLines,
) -> bool {
    let shared = added.shared(there);
    if shared == 0 || !most(shared, added.total) {
        return false;
    }
    if shared >= FEW {
        return true;
    }
    let email = history.commit(ix).author.email.to_ascii_lowercase();
    takes_place(history, source, ix)
        && source.read.mark.email() == email
        && most(shared, there.total)
}

/// Those who may have added the lines of a source before it did.
struct Rivals<'r> {
    repo: &'r gix::Repository,
    history: &'r History,
    located: &'r Located,
    outside: &'r FxHashMap<ObjectId, Read>,
    by_path: &'r ByPath<'r>,
}

impl Rivals<'_> {
    /// Whether others added more than a few of them before: commits without evidence of their own,
    /// or commits of this history, which bring back what they had.
    fn older(&self, source: &Source, added: &AddedLines, target: CommitIx) -> bool {
        let mut left = added.clone();
        let mut took = |files: &[ChangedFile]| {
            left.remove(&agreement::added_lines(self.repo, files));
            (added.total - left.total) * 10 > added.total
        };
        let mut here: Vec<CommitIx> = source
            .files
            .iter()
            .flat_map(|file| self.by_path.get(&file.path[..]).into_iter().flatten())
            .copied()
            .filter(|ix| {
                let time = self.history.commit(*ix).committer_time.0;
                *ix != target && time <= source.read.time
            })
            .collect();
        here.sort_unstable();
        here.dedup();
        let mut here = here.into_iter().take(MAX_RIVALS);
        here.any(|ix| took(&agreement::changed_files(self.repo, self.history, ix)))
            || self.older_outside(source, took)
    }

    fn older_outside(&self, source: &Source, mut took: impl FnMut(&[ChangedFile]) -> bool) -> bool {
        let mut older: Vec<(&ObjectId, &Read)> = self
            .outside
            .iter()
            .filter(|(id, read)| {
                **id != source.id
                    && read.time <= source.read.time
                    && read.parents.len() < 2
                    && !read.signs.iter().any(names_author)
                    && !self.located.by_commit.contains_key(*id)
            })
            .collect();
        older.sort_unstable_by_key(|(id, read)| (std::cmp::Reverse(read.time), **id));
        older.into_iter().take(MAX_RIVALS).any(|(_, read)| {
            let none = FxHashSet::default();
            let Some(base) = base_tree(self.repo, read, self.outside, &none) else {
                return false;
            };
            let touches = source.files.iter().any(|file| {
                let at = |tree| {
                    let found = objects::file_at(self.repo, tree, &file.path);
                    found.ok().flatten()
                };
                let there = at(read.tree);
                there.is_some() && there != base.and_then(at)
            });
            touches
                && agreement::differing_files(self.repo, base, read.tree)
                    .is_some_and(|files| took(&files))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revert_names_its_commit() {
        let id = "0123456789012345678901234567890123456789";
        let message = format!("Revert \"x\"\n\nThis reverts commit {id}.\n");
        assert_eq!(reverts(message.as_bytes()).unwrap().to_string(), id);
        assert_eq!(reverts(b"This reverts commit of ours"), None);
        assert_eq!(reverts(b"This reverts"), None);
    }
}
