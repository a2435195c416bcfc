//! Which findings `scan --fix` has mended in a repository, and which lines it wrote: what a tool made says nothing of the
//! person who commits it.
//!
//! Kept below the git directory, as fingerprints and hashes of lines alone, one a line; nothing outside of git.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use trueline_facts::{Fingerprint, RepoPath};

use crate::ScanError;
use crate::place::Place;

/// Where it lies below the git directory.
const FILE: &str = "mended";
/// A longer list is read and kept from its end: what was mended last is asked for first.
const MOST: usize = 20_000;
/// Larger files are none of ours.
const MOST_BYTES: u64 = 4 << 20;

fn folder(place: &Place) -> Option<PathBuf> {
    Some(place.repository()?.common_dir().join("trueline"))
}

/// The findings of a repository that `scan --fix` has mended, by their fingerprints.
pub fn mended(path: &Path) -> Result<BTreeSet<Fingerprint>, ScanError> {
    let place = Place::open_for_code(path)?;
    Ok(read(&place).into_iter().map(Fingerprint::new).collect())
}

fn read(place: &Place) -> Vec<String> {
    let Some(folder) = folder(place) else {
        return Vec::new();
    };
    let mut text = String::new();
    let file = folder.join(FILE);
    // A link or a pipe in its place says nothing.
    let is_file = std::fs::symlink_metadata(&file).is_ok_and(|meta| meta.is_file());
    let read = is_file
        .then(|| File::open(&file).ok())
        .flatten()
        .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text).ok());
    if read.is_none() {
        return Vec::new();
    }
    text.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Lines that `scan --fix` wrote in a repository.
#[derive(Debug)]
pub(crate) struct OwnLines(BTreeSet<String>);

impl OwnLines {
    pub(crate) fn of(place: &Place) -> Self {
        Self(read(place).into_iter().collect())
    }

    pub(crate) fn has(&self, path: &RepoPath, line: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&name_of(path, line))
    }
}

/// What a line is known by: its file and its text, whatever its indentation.
fn name_of(path: &RepoPath, line: &str) -> String {
    use std::fmt::Write as _;

    let mut hash = Sha256::new();
    hash.update(path.as_bytes());
    hash.update([0]);
    hash.update(line.trim());
    let mut name = "line-".to_owned();
    for byte in &hash.finalize()[..12] {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// The lines of a file that were not there before, by what they are known by.
pub(super) fn new_lines(path: &RepoPath, before: &str, after: &str) -> Vec<String> {
    let known: BTreeSet<&str> = before.lines().map(str::trim).collect();
    let new = after.lines().filter(|line| !known.contains(line.trim()));
    new.map(|line| name_of(path, line)).collect()
}

/// Adds some. That it cannot be written is no reason to leave a weakness: the answer says whether it was.
pub(super) fn remember(place: &Place, new: &BTreeSet<String>) -> bool {
    let Some(folder) = folder(place) else {
        return true;
    };
    let mut all = read(place);
    all.retain(|known| !new.contains(known));
    all.extend(new.iter().cloned());
    let surplus = all.len().saturating_sub(MOST);
    let written = || -> std::io::Result<()> {
        std::fs::create_dir_all(&folder)?;
        let mut aside = tempfile::NamedTempFile::new_in(&folder)?;
        for line in all.iter().skip(surplus) {
            writeln!(aside, "{line}")?;
        }
        aside
            .persist(folder.join(FILE))
            .map_err(|error| error.error)?;
        Ok(())
    };
    written().is_ok()
}
