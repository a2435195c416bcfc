//! The log as files: `000001.json`, `000002.json`, …, one envelope each.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::AttestError;
use crate::chain::LARGEST_ENTRY;

/// Entries that are read of one folder.
const MOST_ENTRIES: usize = 1_000_000;

/// The entries of a folder in the order of their numbers. A hole in the numbers is passed over: the chain shows it.
pub fn read(folder: &Path) -> Result<Vec<Vec<u8>>, AttestError> {
    let failed = |path: &Path, why: io::Error| AttestError::File {
        path: path.to_owned(),
        why,
    };
    let mut numbered = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| failed(folder, e))? {
        let entry = entry.map_err(|e| failed(folder, e))?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|n| n.strip_suffix(".json"));
        let Some(number) = number.and_then(|n| n.parse::<u64>().ok()) else {
            continue;
        };
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let why = io::Error::other("no regular file");
            return Err(failed(&entry.path(), why));
        }
        numbered.push((number, entry.path()));
        if numbered.len() > MOST_ENTRIES {
            let why = io::Error::other(format!("more than {MOST_ENTRIES} entries"));
            return Err(failed(folder, why));
        }
    }
    numbered.sort();
    let mut entries = Vec::with_capacity(numbered.len());
    for (_, path) in numbered {
        let file = fs::File::open(&path).map_err(|e| failed(&path, e))?;
        let mut bytes = Vec::new();
        file.take(LARGEST_ENTRY + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| failed(&path, e))?;
        if bytes.len() as u64 > LARGEST_ENTRY {
            let why = io::Error::other(format!("more than {LARGEST_ENTRY} bytes"));
            return Err(failed(&path, why));
        }
        entries.push(bytes);
    }
    Ok(entries)
}

/// What lies in a folder beside its entries, by name.
#[must_use]
pub fn foreign(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| {
            let number = name.strip_suffix(".json");
            number.is_none_or(|number| number.parse::<u64>().is_err())
        })
        .collect();
    names.sort();
    names
}

/// Adds an entry as the file of its number; an existing file is never written over.
pub fn add(folder: &Path, number: u64, entry: &[u8]) -> Result<(), AttestError> {
    let path = folder.join(file_name(number));
    let failed = |why: io::Error| AttestError::File {
        path: path.clone(),
        why,
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = fs::File::create_new(&path).map_err(failed)?;
    file.write_all(entry)
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

/// The name of an entry's file.
#[must_use]
pub fn file_name(number: u64) -> String {
    format!("{number:06}.json")
}
