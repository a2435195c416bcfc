//! The files of one person: closed to others, appended to line by line, replaced as a whole, locked while they change.
//!
//! Whoever writes attempts holds the lock of their folder: folding takes lines away and must not take one that comes
//! meanwhile. Decisions have a lock of their own; who needs both takes that of the attempts first.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::plain::{self, PlainError};

/// The file that is locked, beside those that it guards.
pub(crate) const LOCK: &str = "lock";

/// A folder that is locked until this is dropped.
#[derive(Debug)]
#[must_use = "the folder is locked as long as this lives"]
pub struct Held {
    _file: Option<File>,
}

/// Locks a folder, waiting for whoever holds it. Where the system has no locks nobody waits.
pub fn lock(folder: &Path) -> Result<Held, PlainError> {
    let name = folder.join(LOCK);
    // Opening a pipe would wait for somebody at its other end.
    plain::is_there(&name)?;
    let failed = PlainError::system(&name);
    let open = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name);
    let file = match open {
        Ok(file) => file,
        Err(error) => return Err(failed(error)),
    };
    match file.lock() {
        Ok(()) => Ok(Held { _file: Some(file) }),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(Held { _file: None }),
        Err(error) => Err(failed(error)),
    }
}

/// Appends a line, in one write. One that was cut off by a crash before stays one broken line instead of breaking this
/// one too.
pub fn append(file: &Path, line: &str) -> Result<(), PlainError> {
    private_folder(folder_of(file)).map_err(PlainError::system(folder_of(file)))?;
    plain::is_there(file)?;
    append_to(file, line).map_err(PlainError::system(file))
}

fn append_to(file: &Path, line: &str) -> io::Result<()> {
    let mut open = private_file(file)?;
    let mut bytes = Vec::with_capacity(line.len() + 2);
    if !ends_with_newline(&mut open)? {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    open.write_all(&bytes)
}

/// Writes a file aside and renames it: it is whole or it is the old one. Closed to others from its first byte.
pub fn replace(file: &Path, content: &[u8]) -> Result<(), PlainError> {
    private_folder(folder_of(file)).map_err(PlainError::system(folder_of(file)))?;
    plain::is_there(file)?;
    written_aside(file, content).map_err(PlainError::system(file))
}

fn written_aside(file: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(file);
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    aside.write_all(content)?;
    aside.persist(file)?;
    Ok(())
}

/// Keeps a damaged file under a name that nothing bears, and tells it: what an earlier damage left stays, too.
pub fn put_aside(file: &Path) -> Result<PathBuf, PlainError> {
    let mut number = 1_u32;
    let kept = loop {
        let kept = file.with_extension(format!("corrupt-{number}"));
        if fs::symlink_metadata(&kept).is_err() {
            break kept;
        }
        number += 1;
    };
    fs::rename(file, &kept).map_err(PlainError::system(file))?;
    Ok(kept)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("."))
}

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Makes a folder, and those above it, for its owner alone.
#[cfg(unix)]
pub fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

/// Makes a folder, and those above it.
#[cfg(not(unix))]
pub fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn private_file(file: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let open = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(file)?;
    // A file that was copied here may be open to others.
    open.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(open)
}

#[cfg(not(unix))]
fn private_file(file: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(file)
}
