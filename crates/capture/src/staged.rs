//! What is staged: paths that git's index has otherwise than HEAD.
//!
//! The index keeps trees of its own, so that folders in which nothing is staged are not opened.

use bstr::ByteSlice;
use gix::ObjectId;
use gix::objs::TreeRefIter;
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::RepoPath;

/// Paths that the index has otherwise than HEAD.
pub(crate) fn staged(
    repo: &gix::Repository,
    index: &gix::index::State,
    head: Option<ObjectId>,
    most: usize,
) -> FxHashSet<RepoPath> {
    struct Task<'t> {
        folder: Vec<u8>,
        known: Option<&'t gix::index::extension::Tree>,
        head: Option<ObjectId>,
        range: std::ops::Range<usize>,
    }
    let mut out: FxHashSet<RepoPath> = FxHashSet::default();
    let mut tasks = vec![Task {
        folder: Vec::new(),
        known: index.tree(),
        head,
        range: 0..index.entries().len(),
    }];
    while let Some(task) = tasks.pop() {
        let valid = task.known.filter(|tree| tree.num_entries.is_some());
        if valid.is_some_and(|tree| Some(tree.id) == task.head) || out.len() > most {
            continue;
        }
        let mut theirs: FxHashMap<Vec<u8>, (bool, ObjectId)> = FxHashMap::default();
        if let Some(object) = task.head.and_then(|id| repo.find_object(id).ok()) {
            for entry in TreeRefIter::from_bytes(&object.data, repo.object_hash()).flatten() {
                let is_tree = entry.mode.is_tree();
                theirs.insert(entry.filename.to_vec(), (is_tree, entry.oid.to_owned()));
            }
        }
        let mut at = task.range.start;
        while at < task.range.end {
            let Some(entry) = index.entries().get(at) else {
                break;
            };
            let path: &[u8] = entry.path(index);
            let Some(rest) = below(path, &task.folder) else {
                break;
            };
            match rest.find_byte(b'/') {
                None => {
                    let same = theirs
                        .remove(rest)
                        .is_some_and(|(is_tree, id)| !is_tree && id == entry.id);
                    if !same {
                        out.insert(RepoPath::new(path.to_vec()));
                    }
                    at += 1;
                }
                Some(slash) => {
                    let name = rest.get(..slash).unwrap_or_default();
                    let mut folder = task.folder.clone();
                    if !folder.is_empty() {
                        folder.push(b'/');
                    }
                    folder.extend_from_slice(name);
                    let rest_of_task = index.entries().get(at..task.range.end).unwrap_or_default();
                    let len = rest_of_task
                        .partition_point(|entry| below(entry.path(index), &folder).is_some());
                    let head = theirs.remove(name).filter(|(is_tree, _)| *is_tree);
                    tasks.push(Task {
                        known: task
                            .known
                            .and_then(|tree| tree.children.iter().find(|c| &*c.name == name)),
                        folder,
                        head: head.map(|(_, id)| id),
                        range: at..at + len.max(1),
                    });
                    at += len.max(1);
                }
            }
        }
        // What HEAD has and the index has not: files alone, a folder that went is its files.
        for (name, (is_tree, id)) in theirs {
            let mut path = task.folder.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&name);
            if is_tree {
                tasks.push(Task {
                    folder: path,
                    known: None,
                    head: Some(id),
                    range: 0..0,
                });
            } else {
                out.insert(RepoPath::new(path));
            }
        }
    }
    out
}

fn below<'p>(path: &'p [u8], folder: &[u8]) -> Option<&'p [u8]> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix(b"/")
}
