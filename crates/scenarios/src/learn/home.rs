//! The folder of a learner's own data: readable by its owner only.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::LearnError;

/// The folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Home {
    folder: PathBuf,
}

impl Home {
    /// The one of this user: `$TRUELINE_DATA_DIR`, or the system's folder for users' data.
    pub fn of_user() -> Result<Self, LearnError> {
        let set = |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let base = set("TRUELINE_DATA_DIR").or_else(|| {
            if cfg!(windows) {
                return set("APPDATA").map(|data| data.join("trueline"));
            }
            let home = std::env::home_dir();
            if cfg!(target_os = "macos") {
                return home.map(|home| home.join("Library/Application Support/trueline"));
            }
            // The standard has relative paths ignored.
            let data = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
            data.or_else(|| home.map(|home| home.join(".local/share")))
                .map(|data| data.join("trueline"))
        });
        base.map(|base| Self::at(&base)).ok_or(LearnError::NoHome)
    }

    /// The one below a folder of data.
    #[must_use]
    pub fn at(data: &Path) -> Self {
        Self {
            folder: data.join("learn"),
        }
    }

    /// Makes the folder, before anything is begun whose outcome could not be kept.
    pub fn ready(&self) -> Result<(), LearnError> {
        private_folder(&self.folder).map_err(|error| {
            LearnError::Cannot(format!(
                "your progress cannot be kept in {}: {error}; TRUELINE_DATA_DIR names another folder",
                self.folder.display()
            ))
        })
    }

    /// The file of attempts.
    #[must_use]
    pub fn attempts(&self) -> PathBuf {
        self.folder.join("attempts.jsonl")
    }

    pub(crate) fn folded(&self) -> PathBuf {
        self.folder.join("folded.json")
    }

    /// Held while attempts are written: folding takes lines away and must not take one that comes meanwhile.
    pub(crate) fn lock(&self) -> Result<fs::File, LearnError> {
        let path = self.folder.join(trueline_facts::attempt::LOCK);
        let failed = || LearnError::file(&path);
        let mut options = fs::OpenOptions::new();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed())?;
        match file.lock() {
            // Where the system has no locks nobody waits.
            Err(error) if error.kind() != std::io::ErrorKind::Unsupported => Err(failed()(error)),
            _ => Ok(file),
        }
    }

    pub(crate) fn state(&self, name: &str) -> PathBuf {
        self.folder.join("exercises").join(format!("{name}.json"))
    }

    pub(crate) fn states(&self) -> PathBuf {
        self.folder.join("exercises")
    }

    /// Makes the folder of a file, closed to others.
    pub(crate) fn prepare(file: &Path) -> Result<(), LearnError> {
        let Some(folder) = file.parent() else {
            return Ok(());
        };
        private_folder(folder).map_err(LearnError::file(folder))
    }

    /// Writes a file aside and renames it: it is whole or it is the old one.
    pub(crate) fn write(file: &Path, content: &[u8]) -> Result<(), LearnError> {
        Self::prepare(file)?;
        let failed = || LearnError::file(file);
        let folder = file.parent().unwrap_or(Path::new("."));
        // Temporary files are closed to others from their first byte.
        let mut aside = tempfile::NamedTempFile::new_in(folder).map_err(failed())?;
        aside.write_all(content).map_err(failed())?;
        aside.persist(file).map_err(|error| failed()(error.error))?;
        Ok(())
    }
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}
