//! Files of the tree, read and written without following a link.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use trueline_facts::RepoPath;

use super::PlannedFile;

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum There {
    Nothing,
    File,
    /// A link, a folder, or something below one of them that is no folder.
    Other,
}

/// Looks at a path.
pub(super) fn look(root: &Path, path: &RepoPath) -> There {
    let mut at = root.to_owned();
    let text = path.display();
    let mut parts = text.split('/').peekable();
    while let Some(part) = parts.next() {
        at.push(part);
        match at.symlink_metadata() {
            Err(_) => return There::Nothing,
            Ok(meta) if parts.peek().is_some() && meta.is_dir() => {}
            Ok(meta) if parts.peek().is_none() && meta.is_file() => return There::File,
            Ok(_) => return There::Other,
        }
    }
    There::Other
}

/// The text of a file; nothing if it is not there.
pub(super) fn read(root: &Path, path: &RepoPath, limit: u64) -> Result<Option<String>, String> {
    if look(root, path) == There::Nothing {
        return Ok(None);
    }
    let file = fs::File::open(full(root, path)).map_err(|e| e.kind().to_string())?;
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| e.kind().to_string())?;
    if bytes.len() as u64 > limit {
        return Err(format!("more than {limit} bytes: that is no rules file"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    Ok(Some(text))
}

/// Puts a text in place of what was read: whole, with its rights.
pub(super) fn write(root: &Path, file: &PlannedFile) -> io::Result<()> {
    let target = full(root, &file.path);
    let changed = || io::Error::other("it changed meanwhile; try again");
    let folder = target.parent().unwrap_or(root);
    fs::create_dir_all(folder)?;
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    aside.write_all(file.after.as_bytes())?;
    let there = look(root, &file.path);
    match &file.before {
        Some(before) if there == There::File => {
            if fs::read(&target)? != before.as_bytes() {
                return Err(changed());
            }
            let rights = target.symlink_metadata()?.permissions();
            aside.as_file().set_permissions(rights)?;
            aside.as_file().sync_all()?;
            aside.persist(&target).map_err(|error| error.error)?;
        }
        None if there == There::Nothing => {
            readable(aside.as_file())?;
            aside.as_file().sync_all()?;
            aside
                .persist_noclobber(&target)
                .map_err(|error| error.error)?;
        }
        _ => return Err(changed()),
    }
    Ok(())
}

/// A new file is readable as other files of a tree are, not as a temporary one.
#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

fn full(root: &Path, path: &RepoPath) -> PathBuf {
    let text = path.display();
    let mut full = root.to_owned();
    full.extend(text.split('/'));
    full
}
