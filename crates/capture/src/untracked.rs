//! What is neither tracked nor ignored.
//!
//! Git's rules: the nearest ignore file that speaks of a path decides, and nothing is looked for in an
//! ignored folder or in another repository.

use std::fs;
use std::path::Path;

use bstr::ByteSlice;
use ignore::gitignore::Gitignore;
use trueline_facts::RepoPath;

use crate::ignored::{self, IgnoreFiles};
use crate::place::Place;
use crate::stat::Stat;

/// Entries of untracked folders that are looked at.
const MOST_ENTRIES: usize = 5_000;

/// The name of ignore files.
pub(crate) const IGNORE_FILE: &[u8] = ignored::NAME.as_bytes();

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
    ignores: &Ignores,
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

/// What is ignored in a work tree.
#[derive(Debug)]
pub(crate) struct Ignores {
    of_tree: IgnoreFiles,
    last: [Gitignore; 2],
}

impl Ignores {
    pub(crate) fn new(place: &Place) -> Self {
        let exclude = place.common_dir.join("info").join("exclude");
        Self {
            of_tree: IgnoreFiles::of(&place.work_tree),
            last: [
                ignored::of_owner(&place.work_tree, &exclude),
                Gitignore::global().0,
            ],
        }
    }

    /// The nearest ignore file that speaks of the path decides. Its folders are not ignored: they
    /// were looked at before it.
    pub(crate) fn ignored(&self, path: &Path, is_folder: bool) -> bool {
        if let Some(told) = self.of_tree.told(path, is_folder) {
            return told;
        }
        self.last
            .iter()
            .map(|ignore| ignore.matched(path, is_folder))
            .find(|told| !told.is_none())
            .is_some_and(|told| told.is_ignore())
    }
}
