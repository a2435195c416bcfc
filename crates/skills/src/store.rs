//! Where a person's own data lies: two files that only they can read, appended to and never rewritten.
//!
//! `learn/attempts.jsonl` is written by `trueline learn`, `skills/decisions.jsonl` here. Deleting them
//! deletes everything: nothing is derived from them that is kept.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use trueline_facts::Diagnostic;

use crate::attempts::{self, Reading};
use crate::decisions::{self, Access, Decisions, Event, What};
use crate::disclose::AccessLog;

/// A file beyond this size is none of ours.
const LARGEST: u64 = 256 << 20;

/// What went wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be read or written.
    #[error("{}: {source}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no place for it.
    #[error("this system names no home directory; say where the data lies with TRUELINE_DATA_DIR")]
    NoHome,
}

/// What the environment says about places.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Environment {
    /// `TRUELINE_DATA_DIR`.
    pub data_dir: Option<OsString>,
    /// `XDG_DATA_HOME`.
    pub xdg_data_home: Option<OsString>,
    /// `APPDATA`.
    pub app_data: Option<OsString>,
    /// The home directory.
    pub home: Option<PathBuf>,
}

/// The folder of a person's own data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The folder itself.
    #[must_use]
    pub const fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder that the environment names.
    pub fn find(environment: &Environment) -> Result<Self, StoreError> {
        let given = |value: &Option<OsString>| {
            value
                .as_ref()
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        if let Some(folder) = given(&environment.data_dir) {
            return Ok(Self::at(folder));
        }
        let base = if cfg!(windows) {
            given(&environment.app_data)
        } else {
            given(&environment.xdg_data_home).filter(|path| path.is_absolute())
        };
        let base = base.or_else(|| {
            let home = environment.home.as_ref()?;
            Some(if cfg!(target_os = "macos") {
                home.join("Library/Application Support")
            } else if cfg!(windows) {
                home.join("AppData/Roaming")
            } else {
                home.join(".local/share")
            })
        });
        base.map(|base| Self::at(base.join("trueline")))
            .ok_or(StoreError::NoHome)
    }

    /// Records of attempts.
    #[must_use]
    pub fn attempts_file(&self) -> PathBuf {
        self.folder.join("learn").join("attempts.jsonl")
    }

    /// Decisions.
    #[must_use]
    pub fn decisions_file(&self) -> PathBuf {
        self.folder.join("skills").join("decisions.jsonl")
    }

    /// Reads both files. What is not there is empty.
    pub fn read(&self) -> Result<(Reading, Decisions), StoreError> {
        let file = self.attempts_file();
        let mut reading = attempts::read(&text(&file)?, &file.display().to_string());
        let (decisions, diagnostics) = self.read_decisions()?;
        reading.diagnostics.extend(diagnostics);
        Ok((reading, decisions))
    }

    fn read_decisions(&self) -> Result<(Decisions, Vec<Diagnostic>), StoreError> {
        let file = self.decisions_file();
        Ok(decisions::read(&text(&file)?, &file.display().to_string()))
    }

    /// The text of both files as they are, for export.
    pub fn raw(&self) -> Result<(String, String), StoreError> {
        Ok((text(&self.attempts_file())?, text(&self.decisions_file())?))
    }

    /// Puts an event on record: one line, one write.
    pub fn append(&self, event: &Event) -> Result<(), StoreError> {
        let file = self.decisions_file();
        let failed = |source: io::Error| StoreError::File {
            file: file.clone(),
            source,
        };
        let mut line = serde_json::to_string(event).map_err(|error| failed(error.into()))?;
        line.push('\n');
        let folder = file.parent().unwrap_or(&self.folder);
        private_folder(folder).map_err(failed)?;
        let mut open = private_file(&file).map_err(failed)?;
        // A line that was cut short must not swallow this one.
        if !ends_with_newline(&file).map_err(failed)? {
            line.insert(0, '\n');
        }
        open.write_all(line.as_bytes()).map_err(failed)
    }

    /// Deletes both files, and the folders if nothing else is in them. Gives what was deleted.
    pub fn delete(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut deleted = Vec::new();
        for file in [self.attempts_file(), self.decisions_file()] {
            match fs::remove_file(&file) {
                Ok(()) => {
                    if let Some(folder) = file.parent() {
                        // Fails where something else is in it, which is right.
                        let _ = fs::remove_dir(folder);
                    }
                    deleted.push(file);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(StoreError::File { file, source }),
            }
        }
        Ok(deleted)
    }
}

/// Reads are put on record beside the decisions.
impl AccessLog for Store {
    fn record(&mut self, access: &Access) -> Result<(), String> {
        let event = Event::new(
            access.day,
            What::Read {
                reader: access.reader.to_string(),
                read: access.read.clone(),
            },
        );
        self.append(&event).map_err(|error| error.to_string())
    }
}

fn text(file: &Path) -> Result<String, StoreError> {
    let failed = |source: io::Error| StoreError::File {
        file: file.to_owned(),
        source,
    };
    let open = match File::open(file) {
        Ok(open) => open,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    open.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed(io::Error::other(
            "the file is far too large to be a record of one person's attempts",
        )));
    }
    // A damaged byte spoils its own line, not the file.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn ends_with_newline(file: &Path) -> io::Result<bool> {
    use std::io::{Seek as _, SeekFrom};
    let mut open = File::open(file)?;
    if open.metadata()?.len() == 0 {
        return Ok(true);
    }
    open.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    open.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn private_file(file: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let open = OpenOptions::new()
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
    OpenOptions::new().append(true).create(true).open(file)
}
