//! Which commit of an unmerged branch added each line: a small blame over a handful of commits.
//!
//! Used where a squash hides a branch whose commits are still here (`refs/pull/N/head`). Lines
//! that go back beyond the branch belong to its base and are dropped. Renames are followed by
//! identical content, else by the largest share of common lines of at least one half.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::objs::{Kind, TreeRefIter};
use smallvec::SmallVec;

use super::objects::{self, Kept};
use crate::repository::Gap;

/// A commit of a branch, as far as the blame needs it.
#[derive(Clone, Debug)]
pub(super) struct BranchCommit {
    /// Its tree.
    pub(super) tree: ObjectId,
    /// Its parents.
    pub(super) parents: SmallVec<[BranchParent; 2]>,
}

/// A parent of a commit of a branch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BranchParent {
    /// Another commit of the branch, by index; always greater than the child's.
    Branch(u32),
    /// A commit outside the branch, by tree.
    Base(ObjectId),
    /// Not here: what goes back to it is unknown.
    Missing,
}

/// Consecutive lines whose commit is asked for: `dst` names them to the caller, `src` at the
/// commit at hand; both from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Seg {
    pub(super) dst: u32,
    pub(super) src: u32,
    pub(super) len: u32,
}

/// Lines that a commit of the branch added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Added {
    /// The lines; `src` counts in the commit's own version of `path`.
    pub(super) seg: Seg,
    /// The commit, by index.
    pub(super) commit: u32,
    /// The path at that commit.
    pub(super) path: Vec<u8>,
}

/// More deleted files than this are not searched for the source of a rename.
const MAX_RENAME_SOURCES: usize = 100;
/// Directories that one search for deleted files may read.
const MAX_RENAME_TREES: usize = 4_000;

/// Who added lines of a branch's tip.
#[derive(Clone, Debug, Default)]
pub(super) struct Blamed {
    pub(super) added: Vec<Added>,
    /// Lines that the branch was built on.
    pub(super) older: Vec<Seg>,
}

/// Finds the commit of each segment, which is given at the branch's tip (`commits[0]`).
pub(super) fn blame(
    repo: &gix::Repository,
    commits: &[BranchCommit],
    path: &[u8],
    segments: Vec<Seg>,
) -> Blamed {
    let mut added = Vec::new();
    let mut older = Vec::new();
    let mut suspects: Vec<BTreeMap<Vec<u8>, Vec<Seg>>> = vec![BTreeMap::new(); commits.len()];
    if let Some(tip) = suspects.first_mut() {
        tip.insert(path.to_vec(), segments);
    }
    for at in 0..commits.len() {
        for (path, segments) in std::mem::take(&mut suspects[at]) {
            let passed = pass_to_parents(repo, commits, &commits[at], &path, segments);
            for (parent, path, segments) in passed.to_branch {
                // Children come before parents, so a parent is never behind us.
                if let Some(paths) = suspects.get_mut(parent as usize) {
                    paths.entry(path).or_default().extend(segments);
                }
            }
            older.extend(passed.to_base);
            added.extend(passed.kept.into_iter().map(|seg| Added {
                seg,
                commit: at as u32,
                path: path.clone(),
            }));
        }
    }
    added.sort_unstable_by_key(|a| a.seg);
    older.sort_unstable();
    Blamed { added, older }
}

#[derive(Default)]
struct Passed {
    to_branch: Vec<(u32, Vec<u8>, Vec<Seg>)>,
    to_base: Vec<Seg>,
    kept: Vec<Seg>,
}

/// Parents with the identical file take all lines before any parent takes a part, as in git.
fn pass_to_parents(
    repo: &gix::Repository,
    commits: &[BranchCommit],
    commit: &BranchCommit,
    path: &[u8],
    mut segments: Vec<Seg>,
) -> Passed {
    let mut passed = Passed::default();
    let Ok(Some(here)) = objects::file_at(repo, commit.tree, path) else {
        return passed;
    };
    let mut sources = SmallVec::<[(BranchParent, Vec<u8>, ObjectId); 2]>::new();
    for parent in &commit.parents {
        let tree = match *parent {
            BranchParent::Base(tree) => tree,
            BranchParent::Branch(ix) => match commits.get(ix as usize) {
                Some(parent) => parent.tree,
                None => return passed,
            },
            BranchParent::Missing => return passed,
        };
        match objects::file_at(repo, tree, path) {
            Ok(Some(blob)) => sources.push((*parent, path.to_vec(), blob)),
            Ok(None) => {
                if let Some((old, blob)) = rename_source(repo, tree, commit.tree, here) {
                    sources.push((*parent, old, blob));
                }
            }
            Err(_) => return passed,
        }
    }
    if let Some((parent, path, _)) = sources.iter().find(|s| s.2 == here) {
        match parent {
            BranchParent::Branch(ix) => passed.to_branch.push((*ix, path.clone(), segments)),
            BranchParent::Base(_) => passed.to_base = segments,
            BranchParent::Missing => {}
        }
        return passed;
    }
    if sources.is_empty() {
        passed.kept = segments;
        return passed;
    }
    let Ok(new) = objects::text(repo, here) else {
        return passed;
    };
    for (parent, path, blob) in sources {
        let Ok(old) = objects::text(repo, blob) else {
            return Passed::default();
        };
        let (moved, rest) = cut(&segments, &objects::kept_lines(&old, &new));
        segments = rest;
        match parent {
            BranchParent::Branch(ix) if !moved.is_empty() => {
                passed.to_branch.push((ix, path, moved));
            }
            BranchParent::Base(_) => passed.to_base.extend(moved),
            BranchParent::Branch(_) | BranchParent::Missing => {}
        }
    }
    passed.kept = segments;
    passed
}

/// Splits segments into what an older version has (`src` moved to it) and what it does not.
/// `kept` is in order of `new`; the segments need not be.
pub(super) fn cut(segments: &[Seg], kept: &[Kept]) -> (Vec<Seg>, Vec<Seg>) {
    let (mut moved, mut rest) = (Vec::new(), Vec::new());
    for segment in segments {
        let mut at = segment.src;
        let end = segment.src + segment.len;
        let first = kept.partition_point(|k| k.new + k.len <= at);
        for common in &kept[first..] {
            if common.new >= end {
                break;
            }
            let from = common.new.max(at);
            let to = (common.new + common.len).min(end);
            let dst_of = |src: u32| segment.dst + (src - segment.src);
            if from > at {
                rest.push(Seg {
                    dst: dst_of(at),
                    src: at,
                    len: from - at,
                });
            }
            moved.push(Seg {
                dst: dst_of(from),
                src: common.old + (from - common.new),
                len: to - from,
            });
            at = to;
        }
        if at < end {
            rest.push(Seg {
                dst: segment.dst + (at - segment.src),
                src: at,
                len: end - at,
            });
        }
    }
    (moved, rest)
}

/// The file of the parent that was renamed to `blob`: the same content, else at least one half of
/// the lines in common; the first by path among equals.
pub(super) fn rename_source(
    repo: &gix::Repository,
    parent: ObjectId,
    tree: ObjectId,
    blob: ObjectId,
) -> Option<(Vec<u8>, ObjectId)> {
    most_alike(repo, &deleted_files(repo, parent, tree).ok()?, blob).cloned()
}

/// A file with its path, as [`deleted_files`] gives it.
pub(super) type GoneFile = (Vec<u8>, ObjectId);

/// The deleted file that most likely became `blob`, as [`rename_source`] has it.
pub(super) fn most_alike<'g>(
    repo: &gix::Repository,
    gone: &'g [GoneFile],
    blob: ObjectId,
) -> Option<&'g GoneFile> {
    if let Some(same) = gone.iter().find(|g| g.1 == blob) {
        return Some(same);
    }
    if gone.is_empty() {
        return None;
    }
    let new = objects::text(repo, blob).ok()?;
    let mut best: Option<(u32, &GoneFile)> = None;
    for candidate in gone {
        let Ok(old) = objects::text(repo, candidate.1) else {
            continue;
        };
        if let Some(common) = objects::mostly_kept(&old, &new)
            && best.is_none_or(|b| common > b.0)
        {
            best = Some((common, candidate));
        }
    }
    best.map(|b| b.1)
}

/// The trees that a branch was built on, the one that it met last first.
pub(super) fn bases(branch: &[BranchCommit]) -> impl Iterator<Item = ObjectId> + '_ {
    let parents = branch.iter().flat_map(|commit| &commit.parents);
    parents.filter_map(|parent| match parent {
        BranchParent::Base(tree) => Some(*tree),
        BranchParent::Branch(_) | BranchParent::Missing => None,
    })
}

/// The file at the tip of a branch that another tree renamed to `blob`. A file that the branch made
/// cannot have been renamed elsewhere.
pub(super) fn renamed_since(
    repo: &gix::Repository,
    branch: &[BranchCommit],
    tree: ObjectId,
    blob: ObjectId,
) -> Option<(Vec<u8>, ObjectId)> {
    let tip = branch.first()?;
    let (path, id) = rename_source(repo, tip.tree, tree, blob)?;
    let mut bases = bases(branch);
    let stood = bases.any(|base| matches!(objects::file_at(repo, base, &path), Ok(Some(_))));
    stood.then_some((path, id))
}

/// Files of `old` whose path `new` does not have, by path. Equal sub-trees are not entered.
pub(super) fn deleted_files(
    repo: &gix::Repository,
    old: ObjectId,
    new: ObjectId,
) -> Result<Vec<GoneFile>, Gap> {
    let mut gone = Vec::new();
    let mut todo = vec![(Vec::new(), old, Some(new))];
    let mut read = 0;
    while let Some((prefix, old, new)) = todo.pop() {
        read += 1;
        if read > MAX_RENAME_TREES {
            return Err(Gap::TooLarge);
        }
        let theirs = match new {
            Some(new) => entries(repo, new)?,
            None => Vec::new(),
        };
        for (name, mode, id) in entries(repo, old)? {
            let there = theirs.iter().find(|t| t.0 == name);
            let mut path = prefix.clone();
            path.extend_from_slice(&name);
            if mode.is_tree() {
                if there.is_some_and(|t| t.2 == id) {
                    continue;
                }
                path.push(b'/');
                todo.push((path, id, there.filter(|t| t.1.is_tree()).map(|t| t.2)));
            } else if mode.is_blob() && there.is_none() {
                gone.push((path, id));
                if gone.len() > MAX_RENAME_SOURCES {
                    return Err(Gap::TooLarge);
                }
            }
        }
    }
    gone.sort_unstable();
    Ok(gone)
}

pub(super) type TreeEntry = (Vec<u8>, gix::objs::tree::EntryMode, ObjectId);

pub(super) fn entries(repo: &gix::Repository, tree: ObjectId) -> Result<Vec<TreeEntry>, Gap> {
    let object = repo
        .try_find_object(tree)
        .map_err(|_| Gap::Damaged)?
        .filter(|o| o.kind == Kind::Tree)
        .ok_or(Gap::Missing)?;
    TreeRefIter::from_bytes(&object.data, tree.kind())
        .map(|entry| {
            let entry = entry.map_err(|_| Gap::Damaged)?;
            Ok((entry.filename.to_vec(), entry.mode, entry.oid.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_cut_where_the_older_version_differs() {
        let kept = [
            Kept {
                old: 0,
                new: 0,
                len: 2,
            },
            Kept {
                old: 2,
                new: 3,
                len: 2,
            },
        ];
        let whole = Seg {
            dst: 10,
            src: 1,
            len: 4,
        };
        let (moved, rest) = cut(&[whole], &kept);
        assert_eq!(
            moved,
            [
                Seg {
                    dst: 10,
                    src: 1,
                    len: 1
                },
                Seg {
                    dst: 12,
                    src: 2,
                    len: 2
                }
            ]
        );
        assert_eq!(
            rest,
            [Seg {
                dst: 11,
                src: 2,
                len: 1
            }]
        );
    }
}
