//! The index against HEAD's tree, folder by folder: what git recorded as unchanged is not read.
//!
//! Git keeps in its index, for every folder that it wrote as a tree, that tree's id, and forgets it
//! when something below is staged. Where the id is that of HEAD's folder, nothing below differs; only
//! the folders around a staged file are compared name by name.

use bstr::ByteSlice;
use gix::ObjectId;
use gix::index::entry::Mode as IndexMode;
use gix::index::extension::Tree as CachedTree;
use gix::index::{Entry, State};
use rustc_hash::FxHashMap;
use trueline_facts::RepoPath;

use super::{Deltas, EntryDelta, FileDelta};
use crate::repository::Objects;
use crate::walk::trees::{Mode, Trees};

/// Deepest folder that is compared: deeper ones are refused by git's own programs long before.
const DEEPEST: usize = 4_096;

/// Files that differ; without a tree, all files of the index. Those with conflicts are left out.
pub(super) fn differences(objects: &Objects, tree: Option<ObjectId>, index: &State) -> Deltas {
    let mut comparing = Comparing {
        objects,
        index,
        trees: Trees::new(),
        deltas: Deltas::default(),
    };
    comparing.all(tree);
    comparing.deltas
}

struct Comparing<'a> {
    objects: &'a Objects,
    index: &'a State,
    trees: Trees,
    deltas: Deltas,
}

/// A folder that is still to be compared.
struct Folder<'a> {
    /// With `/` at its end; empty for the root.
    prefix: Vec<u8>,
    tree: Option<ObjectId>,
    cached: Option<&'a CachedTree>,
    entries: &'a [Entry],
}

impl<'a> Comparing<'a> {
    fn all(&mut self, tree: Option<ObjectId>) {
        let mut todo = vec![Folder {
            prefix: Vec::new(),
            tree,
            cached: self.index.tree(),
            entries: self.index.entries(),
        }];
        while let Some(folder) = todo.pop() {
            let is_same = folder.cached.is_some_and(|cached| {
                cached.num_entries.is_some() && Some(cached.id) == folder.tree
            });
            if !is_same {
                self.folder(&folder, &mut todo);
            }
        }
    }

    fn folder(&mut self, folder: &Folder<'a>, todo: &mut Vec<Folder<'a>>) {
        let listed = folder
            .tree
            .and_then(|id| self.trees.list(self.objects, id).ok());
        let mut here: FxHashMap<Vec<u8>, (Option<Mode>, ObjectId)> = listed
            .into_iter()
            .flatten()
            .map(|(name, mode, id)| (name, (mode, id)))
            .collect();
        let depth = folder.prefix.find_iter(b"/").count();
        let mut rest = folder.entries;
        while let Some(entry) = rest.first() {
            let path: &[u8] = entry.path(self.index);
            let name = path.get(folder.prefix.len()..).unwrap_or_default();
            let Some(slash) = name.find_byte(b'/') else {
                self.file(entry, here.get(name).copied());
                self.entry(entry, here.get(name).copied());
                if here.get(name).is_some_and(|(mode, _)| mode.is_some()) {
                    here.remove(name);
                }
                rest = rest.get(1..).unwrap_or_default();
                continue;
            };
            let prefix = path.get(..=folder.prefix.len() + slash).unwrap_or(path);
            let end =
                rest.partition_point(|entry| entry.path(self.index).as_bytes().starts_with(prefix));
            let (inside, after) = rest.split_at(end.max(1));
            rest = after;
            let name = name.get(..slash).unwrap_or(name);
            let tree = match here.get(name) {
                Some((None, id)) => Some(*id),
                _ => None,
            };
            if tree.is_some() {
                here.remove(name);
            }
            // A sparse index stands for a whole folder by one entry.
            let sparse = inside.first().filter(|entry| entry.mode == IndexMode::DIR);
            if let Some(entry) = sparse {
                if tree != Some(entry.id) {
                    self.between(prefix, tree, Some(entry.id));
                }
            } else if depth < DEEPEST {
                todo.push(Folder {
                    prefix: prefix.to_vec(),
                    tree,
                    cached: folder.cached.and_then(|cached| child(cached, name)),
                    entries: inside,
                });
            }
        }
        for (name, (mode, id)) in here {
            let path = [&folder.prefix[..], &name[..]].concat();
            match mode {
                None => self.between(&[&path[..], b"/"].concat(), Some(id), None),
                Some(mode) if mode.is_text_candidate() => self.deltas.files.push(FileDelta {
                    path: RepoPath::new(path),
                    previous: None,
                    before: Some(id),
                    after: None,
                }),
                Some(mode) => {
                    let gone = EntryDelta::new(&path, Some(mode), None);
                    self.deltas.entries.extend(gone);
                }
            }
        }
    }

    /// A file of the index against what HEAD has under its name.
    fn file(&mut self, entry: &Entry, head: Option<(Option<Mode>, ObjectId)>) {
        let is_file = entry.mode == IndexMode::FILE || entry.mode == IndexMode::FILE_EXECUTABLE;
        let before = head
            .filter(|(mode, _)| mode.is_some_and(Mode::is_text_candidate))
            .map(|(_, id)| id);
        // A file that a link takes the place of is gone.
        let after = is_file.then_some(entry.id);
        if entry.stage_raw() != 0 || before == after {
            return;
        }
        let path: &[u8] = entry.path(self.index);
        self.deltas.files.push(FileDelta {
            path: RepoPath::new(path.to_vec()),
            previous: None,
            before,
            after,
        });
    }

    /// A link or a submodule of the index, or of HEAD under its name.
    fn entry(&mut self, entry: &Entry, head: Option<(Option<Mode>, ObjectId)>) {
        let stands = match entry.mode {
            IndexMode::FILE => Mode::Regular,
            IndexMode::FILE_EXECUTABLE => Mode::Executable,
            IndexMode::SYMLINK => Mode::Link,
            IndexMode::COMMIT => Mode::Submodule,
            _ => return,
        };
        let stood = head.and_then(|(mode, id)| Some((mode?, id)));
        if entry.stage_raw() == 0 && stood != Some((stands, entry.id)) {
            let path: &[u8] = entry.path(self.index);
            let delta = EntryDelta::new(path, stood.map(|(mode, _)| mode), Some(stands));
            self.deltas.entries.extend(delta);
        }
    }

    /// Files that differ between two trees.
    fn between(&mut self, prefix: &[u8], before: Option<ObjectId>, after: Option<ObjectId>) {
        let files = |trees: &mut Trees, id: Option<ObjectId>| -> FxHashMap<Vec<u8>, ObjectId> {
            let mut files = FxHashMap::default();
            if let Some(id) = id {
                trees.differences(self.objects, None, id, |difference| {
                    if let Some((mode, id)) = difference.after
                        && mode.is_text_candidate()
                    {
                        files.insert(difference.path.to_vec(), id);
                    }
                });
            }
            files
        };
        let mut old = files(&mut self.trees, before);
        let new = files(&mut self.trees, after);
        let mut push = |path: &[u8], before, after| {
            self.deltas.files.push(FileDelta {
                path: RepoPath::new([prefix, path].concat()),
                previous: None,
                before,
                after,
            });
        };
        for (path, id) in new {
            let before = old.remove(&path);
            if before != Some(id) {
                push(&path, before, Some(id));
            }
        }
        for (path, id) in old {
            push(&path, Some(id), None);
        }
    }
}

fn child<'t>(of: &'t CachedTree, name: &[u8]) -> Option<&'t CachedTree> {
    of.children.iter().find(|child| child.name[..] == *name)
}
