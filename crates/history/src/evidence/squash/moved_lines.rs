//! Lines that a squash added to a file and that its branch has in another one, where no rename
//! tells.

use std::sync::OnceLock;

use super::super::agreement;
use super::super::branch_lines::{self, BranchParent, Seg};
use super::super::moved;
use super::super::objects;
use super::Squash;
use crate::model::History;

/// A squash, and all lines that its branch added, read once some file needs them.
pub(super) struct WholeBranch<'s> {
    pub(super) squash: &'s Squash,
    lines: OnceLock<BranchLines>,
}

/// The lines of a branch, by the commits that added them, the oldest first.
#[derive(Default)]
struct BranchLines {
    sides: Vec<moved::Side>,
    /// Commit and path of each of them.
    places: Vec<(u32, Vec<u8>)>,
}

impl<'s> WholeBranch<'s> {
    pub(super) fn new(squash: &'s Squash) -> Self {
        let lines = OnceLock::new();
        Self { squash, lines }
    }

    fn lines(&self, repo: &gix::Repository) -> &BranchLines {
        self.lines.get_or_init(|| {
            let mut found = BranchLines::default();
            let links = &self.squash.links;
            for (at, link) in links.iter().enumerate().rev() {
                let before = match *link.parents.as_slice() {
                    [] => None,
                    [BranchParent::Base(tree)] => Some(tree),
                    [BranchParent::Branch(ix)] => match links.get(ix as usize) {
                        Some(parent) => Some(parent.tree),
                        None => continue,
                    },
                    _ => continue,
                };
                let files = agreement::differing_files(repo, before, link.tree);
                for mut file in files.unwrap_or_default() {
                    file.before =
                        agreement::file_before(repo, before, link.tree, &file.path, file.after);
                    let Some((text, ranges)) = agreement::gained(repo, &file) else {
                        continue;
                    };
                    let is_asked = |line: u32| ranges.iter().any(|range| range.contains(&line));
                    found
                        .sides
                        .push(moved::Side::new(&text, at as u32, is_asked));
                    found.places.push((at as u32, file.path));
                }
            }
            found
        })
    }

    /// Lines that the squash added to a file and that the branch has in another one.
    pub(super) fn moved_into(
        &self,
        repo: &gix::Repository,
        history: &History,
        file: &[u8],
        explained: &[branch_lines::Added],
    ) -> Vec<branch_lines::Added> {
        let commit = history.commit(self.squash.commit);
        let after = objects::file_at(repo, commit.tree, file).ok().flatten();
        let Some(after) = after.filter(|_| !commit.parents_missing) else {
            return Vec::new();
        };
        let parent = commit
            .parents
            .first()
            .map(|parent| history.commit(*parent).tree);
        let before = agreement::file_before(repo, parent, commit.tree, file, after);
        let changed = agreement::ChangedFile {
            path: file.to_vec(),
            before,
            after,
        };
        let Some((text, ranges)) = agreement::gained(repo, &changed) else {
            return Vec::new();
        };
        let is_explained = |line: u32| {
            let at = explained.partition_point(|a| a.seg.dst + a.seg.len <= line);
            explained.get(at).is_some_and(|a| a.seg.dst <= line)
        };
        let side = moved::Side::new(&text, 0, |line| {
            ranges.iter().any(|range| range.contains(&line)) && !is_explained(line)
        });
        if !side.is_asked() {
            return Vec::new();
        }
        let lines = self.lines(repo);
        let found = moved::find(&lines.sides, &[side]);
        let found = found.into_iter().map(|block| {
            let (commit, path) = lines.places[block.old_file].clone();
            branch_lines::Added {
                seg: Seg {
                    dst: block.new,
                    src: block.old,
                    len: block.len,
                },
                commit,
                path,
            }
        });
        found.collect()
    }
}
