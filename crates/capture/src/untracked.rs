//! What is neither tracked nor ignored.
//!
//! Git's rules: the nearest ignore file that speaks of a path decides, and nothing is looked for in an
//! ignored folder or in another repository.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustc_hash::FxHashMap;
use trueline_facts::RepoPath;

use crate::place::Place;
use crate::stat::Stat;

/// Entries of untracked folders that are looked at.
const MOST_ENTRIES: usize = 5_000;

/// The name of ignore files.
pub(crate) const IGNORE_FILE: &[u8] = b".gitignore";

/// What a walk through untracked folders found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) files: Vec<RepoPath>,
    /// Every folder, with its stat before it was listed.
    pub(crate) folders: Vec<(RepoPath, Stat)>,
    pub(crate) ignores: Vec<(RepoPath, Stat)>,
    /// There was more than is looked at.
    pub(crate) cut: bool,
}

/// Walks through what lies beside tracked files: paths, and whether each is a folder. None of them
/// is ignored.
pub(crate) fn walk(
    place: &Place,
    ignores: &Ignores<'_>,
    beside: Vec<(RepoPath, bool)>,
    most_files: usize,
) -> Walk {
    let mut out = Walk::default();
    let mut waiting = beside;
    let mut looked_at = 0;
    while let Some((path, is_folder)) = waiting.pop() {
        looked_at += 1;
        if looked_at > MOST_ENTRIES || out.files.len() > most_files {
            out.cut = true;
            return out;
        }
        if !is_folder {
            out.files.push(path);
            continue;
        }
        let full = place.work_tree.join(path.as_bstr().to_path_lossy());
        out.folders
            .push((path.clone(), Stat::of(&full).unwrap_or(Stat::NONE)));
        if full.join(".git").exists() {
            continue;
        }
        for (name, is_folder) in entries(&full) {
            let below = full.join(&name);
            let path = RepoPath::new(crate::snapshot::joined(path.as_bytes(), name.as_bytes()));
            if name.as_bytes() == IGNORE_FILE {
                let stat = Stat::of(&below).unwrap_or(Stat::NONE);
                out.ignores.push((path.clone(), stat));
            }
            if !ignores.ignored(&below, is_folder) {
                waiting.push((path, is_folder));
            }
        }
    }
    out
}

/// What a folder holds, and which of it are folders. A name that is no text is passed over.
pub(crate) fn entries(folder: &Path) -> Vec<(String, bool)> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            Some((name, is_folder))
        })
        .collect()
}

/// The ignore files of a work tree, read as they are needed.
#[derive(Debug)]
pub(crate) struct Ignores<'p> {
    root: &'p Path,
    by_folder: std::cell::RefCell<FxHashMap<PathBuf, Gitignore>>,
    last: Vec<Gitignore>,
}

impl<'p> Ignores<'p> {
    pub(crate) fn new(place: &'p Place) -> Self {
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
    pub(crate) fn ignored(&self, path: &Path, is_folder: bool) -> bool {
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
