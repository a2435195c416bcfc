//! Puts a new text in place of a file: whole or not at all, with its rights, never through a link,
//! and only if it still holds what was read.

use std::io::Write as _;
use std::path::Path;

use bstr::ByteSlice as _;
use trueline_facts::RepoPath;

use crate::{ScanError, source};

/// Replaces a file of the tree.
pub(super) fn replace(
    root: &Path,
    path: &RepoPath,
    before: &[u8],
    after: &[u8],
) -> Result<(), ScanError> {
    let failed = |reason: String| ScanError::NotWritten {
        path: path.display().into_owned(),
        reason,
    };
    let full = path
        .as_bstr()
        .to_path()
        .map(|below| root.join(below))
        .map_err(|_| failed("its name is not valid here".to_owned()))?;
    let folder = full
        .parent()
        .ok_or_else(|| failed("it is in no folder".to_owned()))?;
    let io = |error: std::io::Error| failed(error.kind().to_string());
    let mut aside = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    aside.write_all(after).map_err(io)?;
    let rights = std::fs::symlink_metadata(&full).map_err(io)?.permissions();
    aside.as_file().set_permissions(rights).map_err(io)?;
    aside.as_file().sync_all().map_err(io)?;
    // Reading refuses links and whatever is no regular file of the tree.
    let now = source::read(root, path).map_err(|d| failed(d.message))?;
    if now != before {
        return Err(failed(
            "it changed meanwhile; nothing of it was fixed".to_owned(),
        ));
    }
    aside.persist(&full).map_err(|error| io(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.py");
        std::fs::write(&file, "new").unwrap();
        let path = RepoPath::from("a.py");
        let refused = replace(folder.path(), &path, b"old", b"fixed");
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("changed meanwhile")
        );
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        replace(folder.path(), &path, b"new", b"fixed").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"fixed");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_written_through_and_rights_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("tree");
        std::fs::create_dir(&root).unwrap();
        let outside = folder.path().join("outside.py");
        std::fs::write(&outside, "old").unwrap();
        std::os::unix::fs::symlink(&outside, root.join("link.py")).unwrap();
        assert!(replace(&root, &RepoPath::from("link.py"), b"old", b"fixed").is_err());
        assert!(replace(&root, &RepoPath::from("../outside.py"), b"old", b"fixed").is_err());
        assert_eq!(std::fs::read(&outside).unwrap(), b"old");
        let script = root.join("run");
        std::fs::write(&script, "old").unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o750)).unwrap();
        replace(&root, &RepoPath::from("run"), b"old", b"fixed").unwrap();
        let mode = std::fs::metadata(&script).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o750);
    }
}
