//! Lines that a place knows already: what other files have (a licence header, a usual decorator)
//! says nothing of who wrote it once more.
//!
//! Read from the tree before a commit: files of the same kind beside and below a changed one, and a
//! sample of all others. The comparison of two commits leaves these lines out.

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
/// Folders read for the sample of a tree, and files of it, evenly spread.
const SAMPLED_FOLDERS: usize = 200;
const SAMPLED_FILES: usize = 60;
/// Larger files are left out: they are data more often than programs.
const MAX_BYTES: u64 = 256 << 10;

/// A file of a tree: its path below the folder at which reading began, and its content.
type Found = (Vec<u8>, ObjectId);

/// Hashes of the lines of files that a tree has beside these or elsewhere.
pub(super) fn lines(
    repo: &gix::Repository,
    tree: Option<ObjectId>,
    files: &[ChangedFile],
) -> FxHashSet<u64> {
    let mut found = FxHashSet::default();
    let Some(tree) = tree else {
        return found;
    };
    let changed: FxHashSet<&[u8]> = files.iter().map(|file| &file.path[..]).collect();
    let all = below(repo, tree, SAMPLED_FOLDERS, usize::MAX, |_| true);
    let step = all.len().div_ceil(SAMPLED_FILES).max(1);
    let others = all.iter().filter(|(path, _)| !changed.contains(&path[..]));
    let mut wanted: Vec<ObjectId> = others.step_by(step).map(|file| file.1).collect();
    let mut seen: FxHashSet<(ObjectId, &[u8])> = FxHashSet::default();
    let most = wanted.len() + MAX_FILES;
    for file in files {
        let kind = extension(&file.path);
        let Some((prefix, folder)) = nearest_folder(repo, tree, &file.path) else {
            continue;
        };
        if wanted.len() >= most || !seen.insert((folder, kind)) {
            continue;
        }
        let beside = below(repo, folder, MAX_FOLDERS, MAX_BESIDE, |path| {
            extension(path) == kind && [prefix, path].concat() != file.path
        });
        wanted.extend(beside.into_iter().map(|file| file.1));
    }
    wanted.truncate(most);
    for id in wanted {
        if let Ok(text) = objects::blob(repo, id, MAX_BYTES) {
            found.extend(text.lines().map(line_hash));
        }
    }
    found
}

/// Files in a folder and, breadth first, below it.
fn below(
    repo: &gix::Repository,
    folder: ObjectId,
    folders: usize,
    most: usize,
    is_wanted: impl Fn(&[u8]) -> bool,
) -> Vec<Found> {
    let mut found = Vec::new();
    let mut todo = VecDeque::from([(Vec::new(), folder)]);
    for _ in 0..folders {
        let Some((prefix, at)) = todo.pop_front().filter(|_| found.len() < most) else {
            break;
        };
        for (name, mode, id) in branch_lines::entries(repo, at).unwrap_or_default() {
            let path = [&prefix[..], &name].concat();
            if mode.is_tree() {
                todo.push_back(([&path[..], b"/"].concat(), id));
            } else if mode.is_blob() && is_wanted(&path) {
                found.push((path, id));
            }
        }
    }
    found.truncate(most);
    found
}

fn extension(path: &[u8]) -> &[u8] {
    let name = path.rsplit_str(b"/").next().unwrap_or_default();
    name.rfind_byte(b'.').map_or(&b""[..], |at| &name[at..])
}

/// The folder of a path, or the nearest one above it that the tree has, and its path with a slash.
fn nearest_folder<'p>(
    repo: &gix::Repository,
    tree: ObjectId,
    path: &'p [u8],
) -> Option<(&'p [u8], ObjectId)> {
    let (mut at, mut end) = (tree, 0);
    for slash in path.find_iter("/") {
        let entries = branch_lines::entries(repo, at).ok()?;
        let part = &path[end..slash];
        let below = entries
            .into_iter()
            .find(|(name, mode, _)| mode.is_tree() && name == part);
        let Some((_, _, id)) = below else { break };
        (at, end) = (id, slash + 1);
    }
    Some((&path[..end], at))
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
