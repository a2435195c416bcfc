//! Arguments of calls, checked: paths stay inside the tree, revisions are revisions.

use std::path::{Component, Path};

use trueline_facts::RepoPath;

use crate::error::CallError;

/// The longest path, revision, name.
const LONGEST: usize = 1_024;

/// A path of the tree: relative to its root, or absolute and below it. A link on the way is refused, whether it leads
/// out or not: what is behind it is not scanned. The file need not be there.
pub(crate) fn path(name: &'static str, root: &Path, given: &str) -> Result<RepoPath, CallError> {
    let wrong = |why: &str| CallError::argument(name, why);
    short(name, given)?;
    let given = Path::new(given);
    let below = if given.is_absolute() {
        given
            .strip_prefix(root)
            .map_err(|_| wrong("it lies outside of the repository; give a path below its root"))?
    } else {
        given
    };
    let mut at = root.to_owned();
    let mut bytes = Vec::new();
    for component in below.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => {
                at.push(part);
                if at.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
                    return Err(wrong("a link is on the way; links are never followed"));
                }
                let part = part.to_str().ok_or_else(|| wrong("it is not UTF-8"))?;
                if !bytes.is_empty() {
                    bytes.push(b'/');
                }
                bytes.extend_from_slice(part.as_bytes());
            }
            _ => return Err(wrong("it leads outside of the repository (`..`)")),
        }
    }
    Ok(RepoPath::new(bytes))
}

/// A revision or a range, as git names them.
pub(crate) fn revision<'a>(name: &'static str, given: &'a str) -> Result<&'a str, CallError> {
    short(name, given)?;
    if given.is_empty() || given.starts_with('-') || given.contains(char::is_whitespace) {
        return Err(CallError::argument(
            name,
            "not a revision; write it as git does: `main`, `HEAD~2`, a commit's id",
        ));
    }
    Ok(given)
}

/// A text without control characters that is not too long.
pub(crate) fn short<'a>(name: &'static str, given: &'a str) -> Result<&'a str, CallError> {
    if given.len() > LONGEST {
        return Err(CallError::argument(
            name,
            format!("longer than {LONGEST} bytes"),
        ));
    }
    if given.contains(char::is_control) {
        return Err(CallError::argument(name, "it holds control characters"));
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let read = |given: &str| path("path", root, given).map(|path| path.to_string());
        assert_eq!(read("./a/b.py").unwrap(), "a/b.py");
        assert_eq!(read(root.join("a.py").to_str().unwrap()).unwrap(), "a.py");
        for out in ["../a.py", "a/../../b", "/etc/passwd", "a\nb"] {
            assert!(read(out).is_err(), "{out}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", folder.path().join("link")).unwrap();
        let refused = path("path", folder.path(), "link/passwd").unwrap_err();
        assert!(refused.to_string().contains("never followed"));
    }

    #[test]
    fn options_are_no_revisions() {
        assert_eq!(revision("base", "HEAD~2").unwrap(), "HEAD~2");
        for wrong in ["", "--output=x", "a b"] {
            assert!(revision("base", wrong).is_err(), "{wrong}");
        }
    }
}
