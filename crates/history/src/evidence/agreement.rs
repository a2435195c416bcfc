//! Whether the content of one commit is what others brought: the test that a commit must pass
//! before another one may speak for its lines.
//!
//! What a commit adds is compared as lines of files. Lines that stand in any program (a lone
//! brace, `else`) tell nothing and count only where there is nothing else.

use std::hash::{Hash, Hasher};

use bstr::ByteSlice;
use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::branch_lines::{self, BranchCommit, Seg};
use super::displaced::Displaced;
use super::familiar;
use super::objects;
use crate::model::{CommitIx, History};
use crate::walk::touched;

/// Files of one commit that are compared; of larger commits the first ones stand for all.
const MAX_FILES: usize = 100;
/// Trees that one comparison of two commits may read.
const MAX_TREES: usize = 1_000;
/// Lines of one import that are passed over.
const MAX_IMPORT: u32 = 200;
/// Letters and digits that a line needs to tell something.
const TELLING: usize = 4;

/// A file that a commit added or changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ChangedFile {
    pub(super) path: Vec<u8>,
    pub(super) before: Option<ObjectId>,
    pub(super) after: ObjectId,
}

/// The lines that a commit adds, as hashes with their number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct AddedLines {
    lines: FxHashMap<u64, u32>,
    pub(super) total: u32,
}

impl AddedLines {
    /// How many of these lines `other` adds too.
    pub(super) fn shared(&self, other: &Self) -> u32 {
        let count = |(line, n): (&u64, &u32)| other.lines.get(line).map_or(0, |m| *n.min(m));
        self.lines.iter().map(count).sum()
    }

    /// The lines that `other` does not have, as [`line_hash`] has them.
    pub(super) fn beyond(&self, other: &Self) -> FxHashSet<u64> {
        let lines = self.lines.keys().copied();
        lines
            .filter(|line| !other.lines.contains_key(line))
            .collect()
    }

    /// Takes out lines that say nothing here.
    pub(super) fn without(mut self, familiar: &FxHashSet<u64>) -> Self {
        let total = &mut self.total;
        self.lines.retain(|line, count| {
            let is_familiar = familiar.contains(line);
            if is_familiar {
                *total -= *count;
            }
            !is_familiar
        });
        self
    }

    /// Takes out the lines that `other` adds, too.
    pub(super) fn remove(&mut self, other: &Self) {
        let total = &mut self.total;
        self.lines.retain(|line, count| {
            let is_theirs = other.lines.contains_key(line);
            if is_theirs {
                *total -= *count;
            }
            !is_theirs
        });
    }
}

/// What stands for a line.
pub(super) fn line_hash(line: &[u8]) -> u64 {
    let mut hash = FxHasher::default();
    line.hash(&mut hash);
    hash.finish()
}

/// With fewer lines in common, something else must tie two commits, too.
pub(super) const FEW: u32 = 3;

/// So many lines in common are no chance, however much more there is.
pub(super) const MANY: u32 = 10;

/// At least two thirds.
pub(super) const fn most(part: u32, whole: u32) -> bool {
    part as u64 * 3 >= whole as u64 * 2
}

/// The files that a commit of a history added or changed, against its first parent.
pub(super) fn changed_files(
    repo: &gix::Repository,
    history: &History,
    commit: CommitIx,
) -> Vec<ChangedFile> {
    let parent = history.commit(commit).parents.first();
    let parent = parent.map(|parent| history.commit(*parent).tree);
    let mut files: Vec<ChangedFile> = touched::by_commit(repo, history, commit)
        .into_iter()
        .take(MAX_FILES)
        .map(|file| ChangedFile {
            before: parent.and_then(|tree| objects::file_at(repo, tree, &file.path).ok()?),
            path: file.path,
            after: file.blob,
        })
        .collect();
    follow_renames(repo, parent, history.commit(commit).tree, &mut files);
    files
}

/// What a renamed file had is nothing that is added.
fn follow_renames(
    repo: &gix::Repository,
    before: Option<ObjectId>,
    after: ObjectId,
    files: &mut [ChangedFile],
) {
    let is_new = |file: &ChangedFile| file.before.is_none();
    let Some(before) = before.filter(|_| files.iter().any(is_new)) else {
        return;
    };
    let Ok(gone) = branch_lines::deleted_files(repo, before, after) else {
        return;
    };
    for file in files.iter_mut().filter(|file| is_new(file)) {
        let source = branch_lines::most_alike(repo, &gone, file.after);
        file.before = source.map(|(_, blob)| *blob);
    }
}

/// The files that one tree has otherwise than another; `None` if they are too many to compare.
pub(super) fn differing_files(
    repo: &gix::Repository,
    before: Option<ObjectId>,
    after: ObjectId,
) -> Option<Vec<ChangedFile>> {
    let mut files = Vec::new();
    let (base, tip) = (before, after);
    let mut todo = vec![(Vec::new(), before, after)];
    let mut read = 0;
    while let Some((prefix, before, after)) = todo.pop() {
        read += 1;
        if read > MAX_TREES {
            return None;
        }
        let old = match before {
            Some(tree) => branch_lines::entries(repo, tree).ok()?,
            None => Vec::new(),
        };
        let old: FxHashMap<&[u8], _> = old
            .iter()
            .map(|(name, mode, id)| (&name[..], (*mode, *id)))
            .collect();
        for (name, mode, id) in branch_lines::entries(repo, after).ok()? {
            let was = old.get(&name[..]).copied();
            if was.is_some_and(|(_, old)| old == id) {
                continue;
            }
            let mut path: Vec<u8> = prefix.clone();
            path.extend_from_slice(&name);
            if mode.is_tree() {
                path.push(b'/');
                todo.push((path, was.filter(|was| was.0.is_tree()).map(|was| was.1), id));
            } else if mode.is_blob() {
                if files.len() == MAX_FILES {
                    return None;
                }
                files.push(ChangedFile {
                    path,
                    before: was.filter(|was| was.0.is_blob()).map(|was| was.1),
                    after: id,
                });
            }
        }
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    follow_renames(repo, base, tip, &mut files);
    Some(files)
}

/// What a file was in the tree before, renamed or not.
fn file_before(
    repo: &gix::Repository,
    before: Option<ObjectId>,
    after: ObjectId,
    path: &[u8],
    blob: ObjectId,
) -> Option<ObjectId> {
    let before = before?;
    match objects::file_at(repo, before, path).ok()? {
        Some(same) => Some(same),
        None => Some(branch_lines::rename_source(repo, before, after, blob)?.1),
    }
}

/// The lines that such files gained.
pub(super) fn added_lines(repo: &gix::Repository, files: &[ChangedFile]) -> AddedLines {
    let (mut of_telling, mut all) = (AddedLines::default(), AddedLines::default());
    for file in files.iter().take(MAX_FILES) {
        let Some((new, ranges)) = gained(repo, file) else {
            continue;
        };
        let lines: Vec<&[u8]> = new.lines().collect();
        let tells = telling(&lines);
        for at in ranges.into_iter().flatten() {
            let (Some(line), Some(tells)) = (lines.get(at as usize), tells.get(at as usize)) else {
                continue;
            };
            let hash = line_hash(line);
            let count = |to: &mut AddedLines| {
                *to.lines.entry(hash).or_default() += 1;
                to.total += 1;
            };
            count(&mut all);
            if *tells {
                count(&mut of_telling);
            }
        }
    }
    if of_telling.total > 0 {
        of_telling
    } else {
        all
    }
}

/// The telling lines that a file gained, as [`line_hash`] has them.
pub(super) fn gained_lines(repo: &gix::Repository, file: &ChangedFile) -> FxHashSet<u64> {
    let Some((new, ranges)) = gained(repo, file) else {
        return FxHashSet::default();
    };
    let lines: Vec<&[u8]> = new.lines().collect();
    let tells = telling(&lines);
    let gained = ranges.into_iter().flatten();
    gained
        .filter(|at| tells.get(*at as usize) == Some(&true))
        .filter_map(|at| lines.get(at as usize).map(|line| line_hash(line)))
        .collect()
}

type Gained = (Vec<u8>, Vec<std::ops::Range<u32>>);

/// The new text of a file and the lines that it gained.
fn gained(repo: &gix::Repository, file: &ChangedFile) -> Option<Gained> {
    let new = objects::text(repo, file.after).ok()?;
    let old = match file.before {
        Some(before) => objects::text(repo, before).ok()?,
        None => Vec::new(),
    };
    let ranges = objects::added_lines(&old, &new);
    Some((new, ranges))
}

/// How much of what a commit adds was added by a branch, in the same files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Share {
    Little,
    /// At least half, but these are a scrap of what the branch adds: any program may have them.
    Scrap,
    /// At least half, but of very few lines: chance may have made them.
    Few,
    /// Less than half, but most of what the branch adds: it came with much else.
    Within,
    Half,
    /// At least two thirds, or it adds nothing: then there is nothing to speak for.
    Most,
}

/// What a commit made of the tree before it.
pub(super) struct Landed {
    pub(super) tree: ObjectId,
    pub(super) parent: Option<ObjectId>,
    pub(super) files: Vec<ChangedFile>,
}

/// How much of what a commit adds was added by the commits of a branch.
pub(super) fn accounted(
    repo: &gix::Repository,
    history: &History,
    commit: CommitIx,
    branch: &[BranchCommit],
) -> Share {
    let landed = history.commit(commit);
    let parent = landed.parents.first();
    let landed = Landed {
        tree: landed.tree,
        parent: parent.map(|parent| history.commit(*parent).tree),
        files: changed_files(repo, history, commit),
    };
    accounted_in(repo, landed, branch)
}

/// The same for a commit that is in no history.
pub(super) fn accounted_in(
    repo: &gix::Repository,
    Landed {
        tree,
        parent,
        files,
    }: Landed,
    branch: &[BranchCommit],
) -> Share {
    let Some(tip) = branch.first() else {
        return Share::Little;
    };
    let at_tip = |path: &[u8]| objects::file_at(repo, tip.tree, path).ok().flatten();
    let same = |file: &ChangedFile| {
        at_tip(&file.path) == Some(file.after)
            && branch_lines::bases(branch).all(|tree| {
                objects::file_at(repo, tree, &file.path).is_ok_and(|base| base != Some(file.after))
            })
    };
    // What the branch met of its base last is what its own work stands on.
    let base = branch_lines::bases(branch).next();
    let of_branch = differing_files(repo, base, tip.tree);
    // The common case, without looking into files: the branch made each of them what it is, and
    // nothing else.
    if of_branch
        .as_ref()
        .is_some_and(|all| all.len() == files.len())
        && files.iter().all(same)
    {
        return Share::Most;
    }
    let familiar = familiar::lines(repo, parent, &files);
    let displaced = Displaced::new(repo, of_branch.as_deref().unwrap_or_default(), tree);
    let (mut of_telling, mut all) = ((0, 0), (0, 0));
    for file in files {
        let Some((new, ranges)) = gained(repo, &file) else {
            continue;
        };
        let lines: Vec<&[u8]> = new.lines().collect();
        let tells = telling(&lines);
        let mut count = |range: std::ops::Range<u32>, add: &mut dyn FnMut(&mut (u32, u32))| {
            for at in range {
                let (Some(line), Some(tells)) = (lines.get(at as usize), tells.get(at as usize))
                else {
                    continue;
                };
                add(&mut all);
                if *tells && !familiar.contains(&line_hash(line)) {
                    add(&mut of_telling);
                }
            }
        };
        for range in &ranges {
            count(range.clone(), &mut |sum| sum.1 += 1);
        }
        let source = match at_tip(&file.path) {
            Some(blob) => Some((file.path.clone(), blob)),
            None => branch_lines::rename_source(repo, tip.tree, tree, file.after),
        };
        let segments: Vec<Seg> = ranges
            .iter()
            .map(|range| Seg {
                dst: range.start,
                src: range.start,
                len: range.end - range.start,
            })
            .collect();
        let mut rest = segments;
        let mut count_kept = |(path, there): (&[u8], ObjectId), rest: &mut Vec<Seg>| {
            let Ok(old) = objects::text(repo, there) else {
                return;
            };
            let (kept, left) = branch_lines::cut(rest, &objects::kept_lines(&old, &new));
            *rest = left;
            for added in branch_lines::blame(repo, branch, path, kept).added {
                let range = added.seg.dst..added.seg.dst + added.seg.len;
                count(range, &mut |sum| sum.0 += 1);
            }
        };
        if let Some((path, there)) = source {
            count_kept((&path, there), &mut rest);
        }
        let left = rest.iter().flat_map(|seg| seg.src..seg.src + seg.len);
        if let Some(lost) = displaced.source(left.filter_map(|at| lines.get(at as usize).copied()))
        {
            count_kept((&lost.path, lost.blob), &mut rest);
        }
    }
    let (part, whole) = if of_telling.1 > 0 { of_telling } else { all };
    // What the parent has of the branch, another commit brought.
    let of_branch = || {
        let Some(files) = &of_branch else {
            return u32::MAX;
        };
        let since = |before: Option<ObjectId>| {
            let files = files.iter().map(|file| ChangedFile {
                before: file_before(repo, before, tip.tree, &file.path, file.after),
                ..file.clone()
            });
            added_lines(repo, &files.collect::<Vec<_>>())
        };
        since(base).without(&familiar).shared(&since(parent))
    };
    share(part, whole, of_branch)
}

/// `part` of the `whole` lines that a commit adds are the branch's, which adds `of_branch`.
fn share(part: u32, whole: u32, of_branch: impl Fn() -> u32) -> Share {
    let is_half = part > 0 && part * 2 >= whole;
    if is_half && part < MANY && u64::from(part) * 3 < u64::from(of_branch()) {
        Share::Scrap
    } else if is_half && part < FEW {
        Share::Few
    } else if most(part, whole) {
        Share::Most
    } else if is_half {
        Share::Half
    } else if part >= MANY && most(part, of_branch()) {
        Share::Within
    } else {
        Share::Little
    }
}

/// For each line of a text, whether it says more than that a program is here: a lone brace does
/// not, nor does what is taken in from elsewhere, over however many lines.
fn telling(lines: &[&[u8]]) -> Vec<bool> {
    let mut open = 0_isize;
    let mut left = 0;
    lines
        .iter()
        .map(|line| {
            let opens = |byte| matches!(byte, b'(' | b'{');
            let closes = |byte| matches!(byte, b')' | b'}');
            let count = |is: fn(u8) -> bool| line.iter().filter(|b| is(**b)).count();
            let balance = count(opens).cast_signed() - count(closes).cast_signed();
            if open > 0 && left > 0 {
                open += balance;
                left -= 1;
                return false;
            }
            if takes_in(line.trim_start()) {
                open = balance;
                left = MAX_IMPORT;
                return false;
            }
            let letters = line
                .iter()
                .filter(|b| b.is_ascii_alphanumeric() || !b.is_ascii());
            letters.take(TELLING).count() == TELLING
        })
        .collect()
}

fn takes_in(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 12] = [
        b"import ",
        b"import(",
        b"import{",
        b"#include",
        b"use ",
        b"pub use ",
        b"using ",
        b"package ",
        b"require ",
        b"require_relative ",
        b"@import ",
        b"@use ",
    ];
    WORDS.iter().any(|word| line.starts_with(word))
        || line.starts_with(b"from ") && line.contains_str(" import")
        || line.starts_with(b"export ") && line.contains_str(" from ")
        || line.contains_str("= require(")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_program_tell_nothing() {
        let text = "    }\n  end\nfrom typing import Any\nconst fs = require('fs');\nimport (\n\t\"os/exec\"\n)\n\
                    import {\n  first,\n} from 'there';\nx = compute()\n// été\n";
        let lines: Vec<&[u8]> = text.as_bytes().lines().collect();
        let told: Vec<&[u8]> = lines
            .iter()
            .zip(telling(&lines))
            .filter_map(|(line, tells)| tells.then_some(*line))
            .collect();
        assert_eq!(told, ["x = compute()".as_bytes(), "// été".as_bytes()]);
    }

    #[test]
    fn two_thirds_are_most() {
        assert!(most(2, 3));
        assert!(!most(3, 5));
        assert!(most(0, 0));
    }
}
