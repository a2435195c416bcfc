//! Branches that a commit may have squashed: their commits, read from git and put in order.

use std::collections::BinaryHeap;

use gix::ObjectId;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_authorship::message::{CommitText, Identity, Sign, signs};

use super::super::branch_lines::{BranchCommit, BranchParent};
use super::super::rewritten::{Earlier, Mark};
use super::{Ancestry, Original, Pair, is_squash};
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
    let order = children_first(head, &read);
    let index: FxHashMap<ObjectId, u32> = order
        .iter()
        .enumerate()
        .map(|(ix, id)| (*id, ix as u32))
        .collect();
    let (branch, links) = order
        .into_iter()
        .filter_map(|id| {
            let commit = read.remove(&id)?;
            let parents = commit
                .parents
                .iter()
                .map(|parent| match (index.get(parent), base.get(parent)) {
                    (Some(ix), _) => BranchParent::Branch(*ix),
                    (None, Some(tree)) => BranchParent::Base(*tree),
                    (None, None) => BranchParent::Missing,
                })
                .collect();
            let links = BranchCommit {
                tree: commit.tree,
                parents,
            };
            Some((Original::new(id, commit, earlier), links))
        })
        .unzip();
    Branch::Commits(branch, links)
}

/// The commits of a branch that a commit may have squashed, if the branch is older and ends before.
pub(in crate::evidence) fn branch_of(
    repo: &gix::Repository,
    commit: CommitIx,
    head: ObjectId,
    ancestry: &Ancestry<'_>,
    earlier: &Earlier,
) -> Option<(Vec<Original>, Vec<BranchCommit>)> {
    let named = false;
    let pair = Pair {
        commit,
        head,
        named,
    };
    match read_branch(repo, pair, ancestry, earlier) {
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
