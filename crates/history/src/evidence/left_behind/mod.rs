//! Commits that a commit of this history repeats, found by content: what an amend with new words,
//! another author or another time, a squash without a number, or the revert of a revert left
//! behind.
//!
//! A commit that is noted or stands on another branch, and is not part of this history, may speak
//! for a later one that adds the same lines in the same files; so may a branch as a whole. How many
//! lines must agree depends on what else they share ([`Kinship`]). Work that was done twice looks
//! alike, so the older commit counts: of lines that others added before, here or without evidence
//! on another branch, nothing is said, and the rest must be enough. Every pair goes the way of a
//! squash, line by line and labelled `inferred`.

mod candidates;
mod outside;
mod rivals;

use std::cmp::Reverse;
use std::sync::atomic::{AtomicBool, Ordering};

use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use self::candidates::{ByPath, Candidates, Pair, Place};
use self::outside::{Outside, Source, Work};
use self::rivals::Rivals;
use super::CommitEvidence;
use super::agreement::{self, AddedLines, FEW, MANY, Share, most};
use super::branch_lines::{BranchCommit, BranchParent};
use super::familiar;
use super::locate::Located;
use super::refs::Refs;
use super::reverts::reverts;
use super::rewritten::{Earlier, Kinship, Rewrite};
use super::squash::{self, Ancestry, Original, OwnSigns, Read, Squash, Tie, read_commit};
use super::witnesses;
use crate::model::{CommitIx, History};
use crate::repository::Repository;

/// Sources that one commit is given.
const MAX_SOURCES: usize = 6;

/// What is known before content is compared.
pub(super) struct Known<'k> {
    pub(super) refs: &'k Refs,
    pub(super) located: &'k Located,
    pub(super) earlier: &'k Earlier,
    pub(super) rewrites: &'k [Rewrite],
    /// Signs of every commit of the history.
    pub(super) commits: &'k [CommitEvidence],
    /// Squashes and the heads of their branches.
    pub(super) paired: &'k [(CommitIx, ObjectId)],
    /// Those of them whose branch tells nothing and may be another's.
    pub(super) silent: &'k FxHashMap<CommitIx, ObjectId>,
}

/// Finds what commits of a history repeat.
pub(super) fn find(
    repo: &Repository,
    history: &History,
    known: &Known<'_>,
    interrupt: &AtomicBool,
) -> Vec<Squash> {
    let outside = Outside::read(repo, history, known, interrupt);
    let mut sources = outside.sources(repo, known);
    let ancestry = Ancestry::new(history);
    sources.extend(outside::beside(repo, history, &ancestry, known));
    if sources.is_empty() || interrupt.load(Ordering::Relaxed) {
        return Vec::new();
    }
    let by_path = ByPath::new(repo, history, &sources);
    let candidates = Candidates::new(history, known, &outside, &by_path, &ancestry);
    let pairs = candidates.pairs(&sources);
    let mut compared: Vec<CommitIx> = pairs.iter().map(|pair| pair.commit).collect();
    compared.sort_unstable();
    compared.dedup();
    let compared: FxHashMap<CommitIx, AddedLines> = compared
        .into_par_iter()
        .map_init(
            || repo.local(),
            |repo, ix| {
                let files = agreement::changed_files(repo, history, ix);
                let parent = history.commit(ix).parents.first();
                let parent = parent.map(|parent| history.commit(*parent).tree);
                let familiar = familiar::lines(repo, parent, &files);
                (ix, agreement::added_lines(repo, &files).without(&familiar))
            },
        )
        .collect();
    let rivals = Rivals::new(history, known.located, &outside, &by_path);
    // A source's own lines are read once, whatever it is compared with.
    let by_source: Vec<&[Pair]> = pairs.chunk_by(|a, b| a.source == b.source).collect();
    let mut found: Vec<(CommitIx, usize, Squash)> = by_source
        .into_par_iter()
        .map_init(
            || repo.local(),
            |repo, pairs| {
                let at = pairs.first()?.source;
                let source = &sources[at];
                let added = agreement::added_lines(repo, &source.files);
                let squashes = pairs.iter().filter_map(|pair| {
                    let there = compared.get(&pair.commit)?;
                    let is_repeated = |lines| repeats(history, source, lines, *pair, there);
                    if !is_repeated(&added)
                        || is_of_silent_branch(repo, history, pair.commit, &ancestry, known)
                    {
                        return None;
                    }
                    let own = rivals.own_lines(repo, source, &added, pair.commit);
                    if !is_repeated(&own) {
                        return None;
                    }
                    let mut squash = stands_for(repo, source, *pair, &ancestry, known)?;
                    squash.older = added.beyond(&own);
                    let is_whole = most(own.shared(there), there.total);
                    // Who names an author himself is contradicted by his own work alone.
                    let signed = &known.commits[pair.commit.0 as usize];
                    if !is_whole
                        && pair.kinship != Kinship::Timed
                        && !signed.squash
                        && signed.signs.iter().any(witnesses::speaks_of_author)
                    {
                        return None;
                    }
                    let by_same =
                        is_author(history, source, pair.commit) || pair.kinship != Kinship::None;
                    if !(is_whole && by_same && may_carry_signs(*pair, known)) {
                        for original in &mut squash.branch {
                            original.signs.clear();
                        }
                    }
                    Some((pair.commit, at, squash))
                });
                Some(squashes.collect::<Vec<_>>())
            },
        )
        .flatten()
        .flatten()
        .collect();
    // The latest version of the same work first.
    found.sort_unstable_by_key(|(ix, at, _)| {
        let source = &sources[*at];
        (*ix, Reverse(source.read.time), source.id)
    });
    found
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|pairs| pairs.iter().take(MAX_SOURCES))
        .map(|(_, _, squash)| squash.clone())
        .collect()
}

/// Whether a commit squashes the branch of its number, which has no evidence.
fn is_of_silent_branch(
    repo: &gix::Repository,
    history: &History,
    commit: CommitIx,
    ancestry: &Ancestry<'_>,
    known: &Known<'_>,
) -> bool {
    known.silent.get(&commit).is_some_and(|head| {
        let branch = squash::branch_of(repo, commit, *head, ancestry, known.refs, known.earlier);
        branch.is_some_and(|(_, links)| {
            agreement::accounted(repo, history, commit, &links) > Share::Little
        })
    })
}

/// What a source tells about a commit that repeats it.
fn stands_for(
    repo: &gix::Repository,
    source: &Source,
    pair: Pair,
    ancestry: &Ancestry<'_>,
    known: &Known<'_>,
) -> Option<Squash> {
    if source.work == Work::Branch {
        let (branch, links) = squash::branch_of(
            repo,
            pair.commit,
            source.id,
            ancestry,
            known.refs,
            known.earlier,
        )?;
        return Some(Squash {
            commit: pair.commit,
            branch,
            links,
            older: FxHashSet::default(),
            own_signs: OwnSigns::Beside,
            tie: Tie::Content,
        });
    }
    Some(one_original(
        pair.commit,
        source.id,
        source.read.clone(),
        source.base,
        known.earlier,
    ))
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
                let squash = Squash {
                    own_signs: OwnSigns::Replaced,
                    tie: Tie::Stated,
                    ..one_original(ix, commit.id, read, base, earlier)
                };
                // Its words may be left from another commit.
                if agreement::accounted(repo, history, ix, &squash.links) >= Share::Half {
                    found.push(squash);
                }
            }
        }
    }
    found
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
        older: FxHashSet::default(),
        own_signs: OwnSigns::Beside,
        tie: Tie::Content,
    }
}

/// Whether the signs of a source speak for a commit that repeats it. A trailer speaks of all that
/// its commit puts there, also of what it copied from elsewhere; so it counts only for a commit
/// that took the place of its own, adds little else, is by the same author or has its time or
/// subject, and has none itself.
fn may_carry_signs(pair: Pair, known: &Known<'_>) -> bool {
    let own = &known.commits[pair.commit.0 as usize].signs;
    pair.place == Place::Same && !own.iter().any(witnesses::speaks_of_author)
}

/// Whether a commit adds enough of what a source added: any line where rewriting explains all that
/// differs, else most of them.
fn repeats(
    history: &History,
    source: &Source,
    added: &AddedLines,
    pair: Pair,
    there: &AddedLines,
) -> bool {
    let shared = added.shared(there);
    if shared == 0 {
        return false;
    }
    match pair.kinship {
        Kinship::Timed => return true,
        Kinship::Named if shared >= FEW && shared * 2 >= added.total => return true,
        Kinship::Named if most(shared, added.total) => return true,
        Kinship::Named | Kinship::None => {}
    }
    // A squash meets conflicts, and part of a branch dies before it lands.
    let is_own = is_author(history, source, pair.commit);
    if is_own && shared >= MANY && shared * 2 >= added.total {
        return true;
    }
    if !most(shared, added.total) {
        return false;
    }
    // Templates are alike in the work of anybody.
    if shared >= FEW && (is_own || shared * 2 >= there.total) {
        return true;
    }
    pair.place == Place::Same && is_own && most(shared, there.total)
}

fn is_author(history: &History, source: &Source, commit: CommitIx) -> bool {
    let email = &history.commit(commit).author.email;
    email.eq_ignore_ascii_case(source.read.mark.email())
}
