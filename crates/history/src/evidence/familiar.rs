//! Lines that a place knows already: what files beside a changed one have (a licence header, a usual
//! decorator) says nothing of who wrote it once more.
//!
//! Read from the tree before a commit; the comparison of two commits leaves these lines out.

use std::collections::VecDeque;

use bstr::ByteSlice;
use gix::ObjectId;
use rustc_hash::FxHashSet;

use super::agreement::{ChangedFile, line_hash};
use super::branch_lines;
use super::objects;

/// Files beside a changed one that are looked at.
const MAX_BESIDE: usize = 20;
/// The same, for one commit.
const MAX_FILES: usize = 100;
/// Folders read for each changed one.
const MAX_FOLDERS: usize = 30;
/// Larger files are left out: they are data more often than programs.
const MAX_BYTES: u64 = 256 << 10;

/// Hashes of the lines of files that stand beside these in a tree, of the same kind.
pub(super) fn lines(
    repo: &gix::Repository,
    tree: Option<ObjectId>,
    files: &[ChangedFile],
) -> FxHashSet<u64> {
    let mut found = FxHashSet::default();
    let Some(tree) = tree else {
        return found;
    };
    let mut seen: FxHashSet<(ObjectId, &[u8])> = FxHashSet::default();
    let mut read = 0;
    for file in files {
        let kind = extension(&file.path);
        let Some(folder) = nearest_folder(repo, tree, &file.path) else {
            continue;
        };
        if !seen.insert((folder, kind)) {
            continue;
        }
        let name = file.path.rsplit_str(b"/").next().unwrap_or_default();
        for id in beside(repo, folder, name, kind) {
            if read == MAX_FILES {
                return found;
            }
            read += 1;
            if let Ok(text) = objects::blob(repo, id, MAX_BYTES) {
                found.extend(text.lines().map(line_hash));
            }
        }
    }
    found
}

/// Files of one kind in a folder and, breadth first, below it.
fn beside(repo: &gix::Repository, folder: ObjectId, name: &[u8], kind: &[u8]) -> Vec<ObjectId> {
    let mut found = Vec::new();
    let mut folders = VecDeque::from([folder]);
    for _ in 0..MAX_FOLDERS {
        let Some(at) = folders.pop_front().filter(|_| found.len() < MAX_BESIDE) else {
            break;
        };
        for (other, mode, id) in branch_lines::entries(repo, at).unwrap_or_default() {
            if mode.is_tree() {
                folders.push_back(id);
            } else if mode.is_blob()
                && extension(&other) == kind
                && (at != folder || other.as_slice() != name)
            {
                found.push(id);
            }
        }
    }
    found.truncate(MAX_BESIDE);
    found
}

fn extension(path: &[u8]) -> &[u8] {
    let name = path.rsplit_str(b"/").next().unwrap_or_default();
    name.rfind_byte(b'.').map_or(&b""[..], |at| &name[at..])
}

/// The folder of a path, or the nearest one above it that the tree has.
fn nearest_folder(repo: &gix::Repository, tree: ObjectId, path: &[u8]) -> Option<ObjectId> {
    let mut at = tree;
    let mut parts = path.split_str(b"/").peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            break;
        }
        let entries = branch_lines::entries(repo, at).ok()?;
        let below = entries
            .into_iter()
            .find(|(name, mode, _)| mode.is_tree() && name == part);
        match below {
            Some((_, _, id)) => at = id,
            None => break,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_kind_end_alike() {
        assert_eq!(extension(b"src/a.test.py"), b".py");
        assert_eq!(extension(b"src.d/Makefile"), b"");
    }
}
