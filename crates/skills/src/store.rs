//! Where a person's own data lies: three files that only they can read.
//!
//! `learn/attempts.jsonl` is appended to by `trueline learn`, `skills/decisions.jsonl` here. Attempts that are past
//! their time leave the first and are folded into `learn/folded.json`. Deleting the files deletes everything.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use trueline_facts::{Diagnostic, Level};

use crate::attempts::{self, Reading};
use crate::day::Day;
use crate::decisions::{self, Access, Decisions, Event, What};
use crate::disclose::AccessLog;
use crate::folded::Folded;
use crate::{ledger, retention};

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

impl Environment {
    /// What this process was started with.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            data_dir: std::env::var_os("TRUELINE_DATA_DIR"),
            xdg_data_home: std::env::var_os("XDG_DATA_HOME"),
            app_data: std::env::var_os("APPDATA"),
            home: std::env::home_dir(),
        }
    }
}

/// The folder of a person's own data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl StoreError {
    /// Whether another setting would mend it.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::NoHome)
    }
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

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Records of attempts.
    #[must_use]
    pub fn attempts_file(&self) -> PathBuf {
        self.folder.join("learn").join("attempts.jsonl")
    }

    /// What is past its time.
    #[must_use]
    pub fn folded_file(&self) -> PathBuf {
        self.folder.join("learn").join("folded.json")
    }

    /// Decisions.
    #[must_use]
    pub fn decisions_file(&self) -> PathBuf {
        self.folder.join("skills").join("decisions.jsonl")
    }

    /// Reads all files. What is not there is empty.
    pub fn read(&self) -> Result<(Reading, Decisions), StoreError> {
        let file = self.attempts_file();
        let (folded, damage) = self.read_folded()?;
        let name = file.display().to_string();
        let mut reading = attempts::read_after(folded, &text(&file)?, &name);
        let (decisions, diagnostics) = self.read_decisions()?;
        reading.diagnostics.extend(diagnostics);
        reading.diagnostics.extend(damage.map(|why| Diagnostic {
            level: Level::Warning,
            code: "folded-unreadable".to_owned(),
            path: None,
            message: format!(
                "{}: {why}; it is kept, and what it held does not count",
                self.folded_file().display()
            ),
        }));
        Ok((reading, decisions))
    }

    /// What the person decided; what cannot be read changes nothing.
    pub fn decisions(&self) -> Result<Decisions, StoreError> {
        Ok(self.read_decisions()?.0)
    }

    fn read_decisions(&self) -> Result<(Decisions, Vec<Diagnostic>), StoreError> {
        let file = self.decisions_file();
        Ok(decisions::read(&text(&file)?, &file.display().to_string()))
    }

    /// What is folded, and why it could not be read.
    fn read_folded(&self) -> Result<(Folded, Option<String>), StoreError> {
        let text = text(&self.folded_file())?;
        if text.is_empty() {
            return Ok((Folded::default(), None));
        }
        Ok(match Folded::from_text(&text) {
            Ok(folded) => (folded, None),
            Err(why) => (Folded::default(), Some(why)),
        })
    }

    /// Folds what is not younger than `last`; how many records that were. The folded file is written first: what an
    /// interruption leaves in both files counts once.
    pub fn fold(&self, decisions: &Decisions, last: Day) -> Result<u64, StoreError> {
        let file = self.attempts_file();
        if !file.exists() {
            return Ok(0);
        }
        let failed = |file: &Path| {
            let file = file.to_owned();
            move |source: io::Error| StoreError::File { file, source }
        };
        // Whoever appends meanwhile waits.
        let _held = ledger::lock(file.parent().unwrap_or(&self.folder)).map_err(failed(&file))?;
        let (before, damage) = self.read_folded()?;
        let Some((folded, left)) = retention::fold(&text(&file)?, &before, decisions, last) else {
            return Ok(0);
        };
        let folded_file = self.folded_file();
        if damage.is_some() {
            let kept = folded_file.with_extension("corrupt");
            fs::rename(&folded_file, kept).map_err(failed(&folded_file))?;
        }
        let written = folded.to_text().map_err(io::Error::from);
        let written = written.map_err(failed(&folded_file))?;
        ledger::replace(&folded_file, written.as_bytes()).map_err(failed(&folded_file))?;
        ledger::replace(&file, left.as_bytes()).map_err(failed(&file))?;
        Ok(folded.records - before.records)
    }

    /// The text of the files as they are, for export: attempts, what is folded, decisions.
    pub fn raw(&self) -> Result<[String; 3], StoreError> {
        Ok([
            text(&self.attempts_file())?,
            text(&self.folded_file())?,
            text(&self.decisions_file())?,
        ])
    }

    /// Puts an event on record: one line, one write.
    pub fn append(&self, event: &Event) -> Result<(), StoreError> {
        let file = self.decisions_file();
        let failed = |source: io::Error| StoreError::File {
            file: file.clone(),
            source,
        };
        let line = serde_json::to_string(event).map_err(|error| failed(error.into()))?;
        ledger::append(&file, &line).map_err(failed)
    }

    /// Deletes the files, and the folders if nothing else is in them. Gives what was deleted.
    pub fn delete(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut deleted = Vec::new();
        // What is being worked on, and what writers lock: nothing of a person is left.
        let learn = self.folder.join("learn");
        let states = learn.join("exercises");
        match fs::remove_dir_all(&states) {
            Ok(()) => deleted.push(states),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(StoreError::File {
                    file: states,
                    source,
                });
            }
        }
        let _ = fs::remove_file(learn.join(ledger::LOCK));
        for file in [
            self.folded_file(),
            self.attempts_file(),
            self.decisions_file(),
        ] {
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
