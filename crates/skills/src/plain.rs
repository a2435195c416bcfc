//! The one reader of a person's own files, for `skills` and for `learn`: a plain file of bounded size, or a reason.
//!
//! A pipe must not hang us, and a link must not pass: what it points to would stay when everything is deleted, and
//! would be cut off from it when the file is replaced.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// A file beyond this size is no record of one person's attempts.
pub const LARGEST: u64 = 64 << 20;

/// What the person can do about it.
const ADVICE: &str = "move it away, or name another folder with TRUELINE_DATA_DIR";

/// A file of ours that is none, or cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum PlainError {
    /// Something else lies where it should be.
    #[error("{}: {what}, where a plain file of ours should be; {ADVICE}", file.display())]
    InTheWay {
        /// Where.
        file: PathBuf,
        /// What lies there.
        what: &'static str,
    },
    /// The system did not let us.
    #[error("{}: {source}{}", file.display(), advice(source))]
    System {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl PlainError {
    /// An error of the system with a file.
    pub(crate) fn system(file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::System { file, source }
    }

    /// Whether the person can mend it by another folder, or by moving what is in the way.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::InTheWay { .. } => true,
            Self::System { source, .. } => is_of_the_place(source),
        }
    }
}

/// Whether an error is about the place that was chosen, and not about the machine.
#[must_use]
pub fn is_of_the_place(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::InvalidInput
    )
}

/// What follows the reason, where the person can do something about it.
#[must_use]
pub fn advice(error: &io::Error) -> String {
    if is_of_the_place(error) {
        format!("; {ADVICE}")
    } else {
        String::new()
    }
}

/// Whether there is such a file; an error where something else is in its place.
pub fn is_there(file: &Path) -> Result<bool, PlainError> {
    let meta = match fs::symlink_metadata(file) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(PlainError::system(file)(error)),
    };
    let what = if meta.is_symlink() {
        "a link"
    } else if meta.is_dir() {
        "a folder"
    } else if !meta.is_file() {
        "a pipe, a socket or a device"
    } else if meta.len() > LARGEST {
        "a file far too large"
    } else {
        return Ok(true);
    };
    Err(PlainError::InTheWay {
        file: file.to_owned(),
        what,
    })
}

/// The bytes of a file; none where there is none. It is looked at before it is opened, so that a pipe does not hang us.
pub fn read(file: &Path) -> Result<Option<Vec<u8>>, PlainError> {
    if !is_there(file)? {
        return Ok(None);
    }
    let open = match File::open(file) {
        Ok(open) => open,
        // Deleted meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(PlainError::system(file)(error)),
    };
    let mut bytes = Vec::new();
    open.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(PlainError::system(file))?;
    if bytes.len() as u64 > LARGEST {
        return Err(PlainError::InTheWay {
            file: file.to_owned(),
            what: "a file far too large",
        });
    }
    Ok(Some(bytes))
}

/// The same as text. A damaged byte spoils its own line, not the file.
pub(crate) fn text(file: &Path) -> Result<String, PlainError> {
    let bytes = read(file)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
