//! What differs from HEAD: the files that a shell command may have changed.
//!
//! The index says what each tracked file was when git last looked; a file whose stat is the same is
//! not read. What is staged is found through the index's own cache of trees. Untracked files count
//! unless they are ignored. Everything is bounded; a list that was cut says so, and then nothing is
//! credited on its strength.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use gix::ObjectId;
use gix::index::entry::{Flags, Mode};
use gix::objs::TreeRefIter;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::RepoPath;

use crate::lines::LARGEST_FILE;
use crate::place::Place;

/// Files that may differ before the list is cut.
const MOST_FILES: usize = 500;

/// Bytes of them that are read.
const MOST_BYTES: u64 = 24 << 20;

/// Entries of untracked folders that are looked at.
const MOST_UNTRACKED: usize = 5_000;

/// Tracked files beyond which a look would take too long for a hook.
const MOST_TRACKED: usize = 60_000;

/// The files that differ from HEAD.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Each with its content; `None` where it is gone.
    pub(crate) files: Vec<(RepoPath, Option<Vec<u8>>)>,
    /// Nothing was left out.
    pub(crate) whole: bool,
}

/// What a path holds.
pub(crate) enum Content {
    Text(Vec<u8>),
    Absent,
    /// A link, a folder, something too large or that may not be read.
    Other,
}

/// Reads a file, not following a link at its end.
pub(crate) fn content(path: &Path) -> Content {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() <= LARGEST_FILE => {
            fs::read(path).map_or(Content::Other, Content::Text)
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Content::Absent
        }
        Ok(_) | Err(_) => Content::Other,
    }
}

/// Opens the repository by its own configuration alone.
pub(crate) fn open(place: &Place) -> Option<gix::Repository> {
    gix::open_opts(&place.work_tree, gix::open::Options::isolated()).ok()
}

/// Everything in a work tree that HEAD does not have.
pub(crate) fn look(place: &Place) -> Look {
    let Some(repo) = open(place) else {
        return Look::default();
    };
    look_in(&repo, place)
}

/// As [`look`], in a repository that is open.
pub(crate) fn look_in(repo: &gix::Repository, place: &Place) -> Look {
    let Ok(index) = repo.index_or_empty() else {
        return Look::default();
    };
    if index.entries().len() > MOST_TRACKED || index.is_sparse() {
        return Look::default();
    }
    let mut differing: FxHashSet<RepoPath> = FxHashSet::default();
    let head = repo.head_tree_id().ok().map(gix::Id::detach);
    staged(repo, &index, head, &mut differing);

    let seen: Vec<Folder> = folders(&index)
        .par_iter()
        .map(|(folder, range)| folder_now(place, &index, folder, range.clone()))
        .collect();
    let mut whole = touched(repo, place, &seen, &mut differing);
    let untracked = seen.iter().flat_map(|folder| &folder.untracked);
    untracked_files(place, untracked, &mut differing, &mut whole);

    let mut differing: Vec<RepoPath> = differing.into_iter().collect();
    differing.sort_unstable();
    if differing.len() > MOST_FILES {
        whole = false;
        differing.truncate(MOST_FILES);
    }
    let mut out = Look {
        files: Vec::new(),
        whole,
    };
    let mut bytes = 0_u64;
    for path in differing {
        match content(&place.work_tree.join(path.as_bstr().to_path_lossy())) {
            Content::Text(content) => {
                bytes += content.len() as u64;
                if bytes > MOST_BYTES {
                    out.whole = false;
                    break;
                }
                out.files.push((path, Some(content)));
            }
            Content::Absent => out.files.push((path, None)),
            Content::Other => {}
        }
    }
    out
}

/// Looks at one folder: tracked files whose stat is another, and what is not tracked.
fn folder_now(
    place: &Place,
    index: &gix::index::State,
    folder: &[u8],
    range: std::ops::Range<usize>,
) -> Folder {
    let options = gix::index::entry::stat::Options::default();
    let full = place.work_tree.join(folder.to_path_lossy());
    let mut found = Folder::default();
    let mut tracked: FxHashSet<&[u8]> = FxHashSet::default();
    for entry in index.entries().get(range).unwrap_or_default() {
        let path = entry.path(index);
        let Some(name) = name_in(path, folder) else {
            // Of a folder below, whose own turn comes.
            tracked.extend(folder_below(path, folder));
            continue;
        };
        tracked.insert(name);
        let passed = Flags::SKIP_WORKTREE | Flags::ASSUME_VALID;
        let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE);
        if !is_file || entry.flags.intersects(passed) {
            continue;
        }
        let file = full.join(name.to_path_lossy());
        let same = gix::index::fs::Metadata::from_path_no_follow(&file)
            .ok()
            .and_then(|meta| gix::index::entry::Stat::from_fs(&meta).ok())
            .is_some_and(|now| {
                entry.stat.matches(&now, options) && !entry.stat.is_racy(index.timestamp(), options)
            });
        if !same {
            found
                .suspects
                .push((RepoPath::new(path.to_vec()), entry.id));
        }
    }
    for entry in fs::read_dir(&full).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if name == ".git" || tracked.contains(name.as_bytes()) {
            continue;
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        found.untracked.push((entry.path(), is_folder));
    }
    found
}

/// Of the files whose stat is another, those whose content is; whether all were read.
fn touched(
    repo: &gix::Repository,
    place: &Place,
    seen: &[Folder],
    differing: &mut FxHashSet<RepoPath>,
) -> bool {
    let mut bytes = 0_u64;
    for (path, staged_as) in seen.iter().flat_map(|folder| &folder.suspects) {
        let file = place.work_tree.join(path.as_bstr().to_path_lossy());
        if let Content::Text(content) = content(&file) {
            bytes += content.len() as u64;
            let kind = gix::objs::Kind::Blob;
            let now = gix::objs::compute_hash(repo.object_hash(), kind, &content);
            if now.is_ok_and(|now| now == *staged_as) {
                continue;
            }
        }
        if bytes > MOST_BYTES {
            return false;
        }
        differing.insert(path.clone());
    }
    true
}

#[derive(Default)]
struct Folder {
    suspects: Vec<(RepoPath, ObjectId)>,
    untracked: Vec<(PathBuf, bool)>,
}

/// Every folder that holds tracked files, with the range of entries below it.
fn folders(index: &gix::index::State) -> Vec<(bstr::BString, std::ops::Range<usize>)> {
    let mut ranges: FxHashMap<&[u8], std::ops::Range<usize>> = FxHashMap::default();
    ranges.insert(b"", 0..index.entries().len());
    for (at, entry) in index.entries().iter().enumerate() {
        let path: &[u8] = entry.path(index);
        for slash in memchr::memchr_iter(b'/', path) {
            let folder = path.get(..slash).unwrap_or_default();
            ranges
                .entry(folder)
                .and_modify(|range| range.end = at + 1)
                .or_insert(at..at + 1);
        }
    }
    let mut all: Vec<_> = ranges
        .into_iter()
        .map(|(folder, range)| (folder.into(), range))
        .collect();
    all.sort_unstable_by(|a: &(bstr::BString, _), b| a.0.cmp(&b.0));
    all
}

/// The name of a file that lies in the folder itself.
fn name_in<'p>(path: &'p [u8], folder: &[u8]) -> Option<&'p [u8]> {
    let rest = below(path, folder)?;
    (!rest.contains(&b'/')).then_some(rest)
}

fn folder_below<'p>(path: &'p [u8], folder: &[u8]) -> Option<&'p [u8]> {
    let rest = below(path, folder)?;
    rest.get(..rest.find_byte(b'/')?)
}

fn below<'p>(path: &'p [u8], folder: &[u8]) -> Option<&'p [u8]> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix(b"/")
}

/// Paths that the index has otherwise than HEAD.
fn staged(
    repo: &gix::Repository,
    index: &gix::index::State,
    head: Option<ObjectId>,
    out: &mut FxHashSet<RepoPath>,
) {
    struct Task<'t> {
        folder: Vec<u8>,
        known: Option<&'t gix::index::extension::Tree>,
        head: Option<ObjectId>,
        range: std::ops::Range<usize>,
    }
    let mut tasks = vec![Task {
        folder: Vec::new(),
        known: index.tree(),
        head,
        range: 0..index.entries().len(),
    }];
    while let Some(task) = tasks.pop() {
        let valid = task.known.filter(|tree| tree.num_entries.is_some());
        if valid.is_some_and(|tree| Some(tree.id) == task.head) || out.len() > MOST_FILES {
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
}

/// Adds untracked files that are not ignored.
fn untracked_files<'p>(
    place: &Place,
    found: impl Iterator<Item = &'p (PathBuf, bool)>,
    out: &mut FxHashSet<RepoPath>,
    whole: &mut bool,
) {
    let mut waiting: Vec<(PathBuf, bool)> = found.cloned().collect();
    if waiting.is_empty() {
        return;
    }
    let ignores = Ignores::new(place);
    let mut looked_at = 0;
    while let Some((path, is_folder)) = waiting.pop() {
        looked_at += 1;
        if looked_at > MOST_UNTRACKED || out.len() > MOST_FILES {
            *whole = false;
            return;
        }
        if ignores.ignored(&path, is_folder) {
            continue;
        }
        if !is_folder {
            out.extend(place.relative(&path));
        } else if !path.join(".git").exists() {
            for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                waiting.push((entry.path(), is_folder));
            }
        }
    }
}

/// The ignore files of a work tree, read as they are needed.
struct Ignores<'p> {
    root: &'p Path,
    by_folder: std::cell::RefCell<FxHashMap<PathBuf, Gitignore>>,
    last: Vec<Gitignore>,
}

impl<'p> Ignores<'p> {
    fn new(place: &'p Place) -> Self {
        let mut exclude = GitignoreBuilder::new(&place.work_tree);
        exclude.add(place.common_dir.join("info").join("exclude"));
        let last = exclude.build().into_iter().chain([Gitignore::global().0]);
        Self {
            root: &place.work_tree,
            by_folder: std::cell::RefCell::default(),
            last: last.collect(),
        }
    }

    /// The nearest ignore file that speaks of the path decides. Its folders are not ignored: they
    /// were looked at before it.
    fn ignored(&self, path: &Path, is_folder: bool) -> bool {
        let mut folders = self.by_folder.borrow_mut();
        let mut folder = path.parent();
        while let Some(at) = folder.filter(|at| at.starts_with(self.root)) {
            let own = folders.entry(at.to_owned()).or_insert_with(|| {
                let mut builder = GitignoreBuilder::new(at);
                builder.add(at.join(".gitignore"));
                builder.build().unwrap_or_else(|_| Gitignore::empty())
            });
            let told = own.matched(path, is_folder);
            if !told.is_none() {
                return told.is_ignore();
            }
            folder = at.parent();
        }
        self.last
            .iter()
            .map(|ignore| ignore.matched(path, is_folder))
            .find(|told| !told.is_none())
            .is_some_and(|told| told.is_ignore())
    }
}
