//! Branches that a commit may have squashed: their commits, read from git and put in order.

use std::collections::BinaryHeap;

use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use trueline_authorship::message::{CommitText, Identity, Sign, signs};

use super::super::agreement::{self, Landed, Share};
use super::super::branch_lines::{BranchCommit, BranchParent};
use super::super::refs::Refs;
use super::super::rewritten::{Earlier, Mark};
use super::{Ancestry, Original, Pair, first_listed, is_squash, squash_number};
use crate::model::CommitIx;

/// A branch with more commits than this is not followed: what it would tell about a squash of
/// such size is little, and the walk must stay bounded.
pub(super) const MAX_BRANCH: usize = 250;

/// A commit that is not in the history at hand.
#[derive(Clone, Debug)]
pub(in crate::evidence) struct Read {
    pub(in crate::evidence) tree: ObjectId,
    pub(in crate::evidence) parents: SmallVec<[ObjectId; 2]>,
    /// When it was committed.
    pub(in crate::evidence) time: i64,
    /// When its author wrote it.
    pub(in crate::evidence) written: i64,
    pub(in crate::evidence) signs: Vec<Sign>,
    pub(in crate::evidence) mark: Mark,
    /// Its message is that of a squash.
    pub(super) squash: bool,
    /// The request that its subject names.
    number: Option<u64>,
    /// The newest of the commits that it lists, as git does.
    listed: Option<ObjectId>,
}

pub(in crate::evidence) fn read_commit(repo: &gix::Repository, id: ObjectId) -> Option<Read> {
    let commit = repo.try_find_object(id).ok()??.try_into_commit().ok()?;
    let decoded = commit.decode().ok()?;
    let (author, committer) = (decoded.author().ok()?, decoded.committer().ok()?);
    Some(Read {
        tree: decoded.tree(),
        parents: decoded.parents().collect(),
        time: committer.seconds(),
        written: author.seconds(),
        squash: is_squash(decoded.message),
        number: squash_number(decoded.message),
        listed: first_listed(repo, decoded.message),
        mark: Mark::new(author.email, author.seconds(), decoded.message),
        signs: signs(&CommitText {
            author: Identity {
                name: author.name,
                email: author.email,
            },
            committer: Identity {
                name: committer.name,
                email: committer.email,
            },
            message: decoded.message,
            time: author.seconds(),
        }),
    })
}

/// What a squash may stand for.
pub(super) enum Branch {
    /// Commits that the squash does not descend from, and how they hang together.
    Commits(Vec<Original>, Vec<BranchCommit>),
    TooLong,
    /// The branch was built on the commit itself, which therefore does not squash it.
    GoesOn,
    /// The branch was written or committed after the commit.
    Younger,
}

pub(super) fn read_branch(
    repo: &gix::Repository,
    Pair { commit, head, .. }: Pair,
    ancestry: &Ancestry<'_>,
    refs: &Refs,
    earlier: &Earlier,
) -> Branch {
    let mut read: FxHashMap<ObjectId, Read> = FxHashMap::default();
    let mut base: FxHashMap<ObjectId, ObjectId> = FxHashMap::default();
    let mut todo = vec![head];
    while let Some(id) = todo.pop() {
        if base.contains_key(&id) || read.contains_key(&id) {
            continue;
        }
        if let Some(ix) = ancestry.ix(id).filter(|ix| ancestry.descends(commit, *ix)) {
            if ix == commit {
                return Branch::GoesOn;
            }
            base.insert(id, ancestry.history.commit(ix).tree);
            continue;
        }
        if read.len() == MAX_BRANCH {
            return Branch::TooLong;
        }
        let Some(commit) = read_commit(repo, id) else {
            continue;
        };
        todo.extend(commit.parents.iter().copied());
        read.insert(id, commit);
    }
    let landed = ancestry.history.commit(commit);
    let first_written = read.values().map(|c| c.written).min();
    if read.values().any(|c| c.time > landed.committer_time.0)
        || first_written.is_some_and(|first| first > landed.author_time.0)
    {
        return Branch::Younger;
    }
    unfold(repo, commit, ancestry, refs, &mut read, &mut base);
    let (order, links) = linked(head, &read, &base);
    let commits = order
        .into_iter()
        .filter_map(|id| Some((id, read.remove(&id)?)));
    let branch = commits.map(|(id, commit)| Original::new(id, commit, earlier));
    Branch::Commits(branch.collect(), links)
}

/// The commits of a branch, children first, and how they hang together.
fn linked(
    head: ObjectId,
    read: &FxHashMap<ObjectId, Read>,
    base: &FxHashMap<ObjectId, ObjectId>,
) -> (Vec<ObjectId>, Vec<BranchCommit>) {
    let order = children_first(head, read);
    let index: FxHashMap<ObjectId, u32> = order
        .iter()
        .enumerate()
        .map(|(ix, id)| (*id, ix as u32))
        .collect();
    let link = |id: &ObjectId| {
        let commit = read.get(id)?;
        let parents = commit.parents.iter();
        let parents = parents.map(|parent| match (index.get(parent), base.get(parent)) {
            (Some(ix), _) => BranchParent::Branch(*ix),
            (None, Some(tree)) => BranchParent::Base(*tree),
            (None, None) => BranchParent::Missing,
        });
        Some(BranchCommit {
            tree: commit.tree,
            parents: parents.collect(),
        })
    };
    let links = order.iter().filter_map(link).collect();
    (order, links)
}

/// Squashes of a branch whose own branches are here get those as one more parent: so lines are
/// followed to the commits that were squashed there.
fn unfold(
    repo: &gix::Repository,
    commit: CommitIx,
    ancestry: &Ancestry<'_>,
    refs: &Refs,
    read: &mut FxHashMap<ObjectId, Read>,
    base: &mut FxHashMap<ObjectId, ObjectId>,
) {
    let mut todo: Vec<ObjectId> = read.keys().copied().collect();
    while let Some(squash) = newest(&mut todo, read) {
        let Some(folded) = read.get(&squash).filter(|read| read.parents.len() == 1) else {
            continue;
        };
        let head = folded
            .listed
            .or_else(|| refs.requests.get(&folded.number?).copied());
        let Some(head) = head else { continue };
        let Some(inner) = folded_into(repo, (commit, squash), head, ancestry, read) else {
            continue;
        };
        if read.len() + inner.read.len() > MAX_BRANCH {
            continue;
        }
        todo.extend(inner.read.keys().copied());
        base.extend(inner.base);
        read.extend(inner.read);
        if let Some(folded) = read.get_mut(&squash) {
            folded.parents.push(head);
        }
    }
}

/// Takes out the commit that came last.
fn newest(todo: &mut Vec<ObjectId>, read: &FxHashMap<ObjectId, Read>) -> Option<ObjectId> {
    let time = |id: &ObjectId| (read.get(id).map(|commit| commit.time), *id);
    let ids = todo.iter().enumerate();
    let at = ids.max_by_key(|(_, id)| time(id))?.0;
    Some(todo.swap_remove(at))
}

/// Commits that a squash on a branch folds.
struct Folded {
    read: FxHashMap<ObjectId, Read>,
    base: FxHashMap<ObjectId, ObjectId>,
}

/// What a squash on a branch folds beside what it descends from, if that is older than it is and
/// accounts for most of what it adds.
fn folded_into(
    repo: &gix::Repository,
    (commit, squash): (CommitIx, ObjectId),
    head: ObjectId,
    ancestry: &Ancestry<'_>,
    known: &FxHashMap<ObjectId, Read>,
) -> Option<Folded> {
    let folded = known.get(&squash)?;
    let parent = *folded.parents.first()?;
    let past = past_of(squash, known);
    let mut inner = Folded {
        read: FxHashMap::default(),
        base: FxHashMap::default(),
    };
    // For the comparison, what it descends from is a base, too.
    let mut bases: FxHashMap<ObjectId, ObjectId> = FxHashMap::default();
    let mut todo = vec![head];
    while let Some(id) = todo.pop() {
        if bases.contains_key(&id) || inner.read.contains_key(&id) {
            continue;
        }
        if let Some(ix) = ancestry.ix(id).filter(|ix| ancestry.descends(commit, *ix)) {
            let tree = ancestry.history.commit(ix).tree;
            inner.base.insert(id, tree);
            bases.insert(id, tree);
            continue;
        }
        if past.contains(&id) {
            bases.insert(id, known.get(&id)?.tree);
            continue;
        }
        // A branch that goes on from the squash is not what it folds.
        let read = match known.get(&id) {
            Some(read) => read.clone(),
            None => read_commit(repo, id)?,
        };
        if id == squash || read.time > folded.time || known.len() + inner.read.len() >= MAX_BRANCH {
            return None;
        }
        todo.extend(read.parents.iter().copied());
        inner.read.insert(id, read);
    }
    let first_written = inner.read.values().map(|commit| commit.written).min()?;
    if first_written > folded.written {
        return None;
    }
    let before = match known.get(&parent) {
        Some(read) => read.tree,
        None => ancestry.history.commit(ancestry.ix(parent)?).tree,
    };
    let files = agreement::differing_files(repo, Some(before), folded.tree)?;
    let landed = Landed {
        tree: folded.tree,
        parent: Some(before),
        files,
    };
    let (_, links) = linked(head, &inner.read, &bases);
    (agreement::accounted_in(repo, landed, &links) == Share::Most).then_some(inner)
}

/// The commits of a branch that one of them descends from, itself left out.
fn past_of(of: ObjectId, known: &FxHashMap<ObjectId, Read>) -> FxHashSet<ObjectId> {
    let mut seen = FxHashSet::default();
    let mut todo = vec![of];
    while let Some(id) = todo.pop() {
        let parents = known.get(&id).into_iter().flat_map(|read| &read.parents);
        let parents = parents.filter(|parent| known.contains_key(*parent));
        todo.extend(parents.copied().filter(|parent| seen.insert(*parent)));
    }
    seen
}

/// The commits of a branch that a commit may have squashed, if the branch is older and ends before.
pub(in crate::evidence) fn branch_of(
    repo: &gix::Repository,
    commit: CommitIx,
    head: ObjectId,
    ancestry: &Ancestry<'_>,
    refs: &Refs,
    earlier: &Earlier,
) -> Option<(Vec<Original>, Vec<BranchCommit>)> {
    let named = false;
    let pair = Pair {
        commit,
        head,
        named,
    };
    match read_branch(repo, pair, ancestry, refs, earlier) {
        Branch::Commits(branch, links) => Some((branch, links)),
        Branch::TooLong | Branch::GoesOn | Branch::Younger => None,
    }
}

fn children_first(head: ObjectId, read: &FxHashMap<ObjectId, Read>) -> Vec<ObjectId> {
    let mut children: FxHashMap<ObjectId, u32> = FxHashMap::default();
    for parent in read.values().flat_map(|c| &c.parents) {
        *children.entry(*parent).or_default() += 1;
    }
    let mut order = Vec::with_capacity(read.len());
    let mut free = BinaryHeap::new();
    if let Some(tip) = read.get(&head) {
        free.push((tip.time, head));
    }
    while let Some((_, id)) = free.pop() {
        order.push(id);
        for parent in read.get(&id).iter().flat_map(|c| &c.parents) {
            if let (Some(waiting), Some(commit)) = (children.get_mut(parent), read.get(parent)) {
                *waiting -= 1;
                if *waiting == 0 {
                    free.push((commit.time, *parent));
                }
            }
        }
    }
    order
}
