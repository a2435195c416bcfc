//! Where a person's own data lies: three files that only they can read.
//!
//! `learn/attempts.jsonl` is appended to by `trueline learn`, `skills/decisions.jsonl` here. Attempts that are past
//! their time leave the first and are folded into `learn/folded.json`. Deleting the files deletes everything.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use trueline_facts::skill::Cell;
use trueline_facts::{Diagnostic, Level};

use crate::attempts::{self, Reading};
use crate::day::Day;
use crate::decisions::{self, Access, Decisions, Event, Share, What};
use crate::disclose::AccessLog;
use crate::folded::Folded;
use crate::plain::{self, PlainError, advice};
use crate::{ledger, retention};

/// What went wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be read or written, or something else lies in its place.
    #[error(transparent)]
    Plain(#[from] PlainError),
    /// It could not be moved or deleted.
    #[error("{}: {source}{}", file.display(), advice(source))]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was decided is not known.
    #[error("{} cannot be read, and may say what forbids it; mend the line or take it out", places.join(", "))]
    Undecided {
        /// The lines, as `file:line`.
        places: Vec<String>,
    },
    /// A share of that name is there.
    #[error("a share `{0}` is there already; nothing was shared")]
    Taken(String),
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
    pub fn is_usage(&self) -> bool {
        match self {
            Self::NoHome | Self::Undecided { .. } | Self::Taken(_) => true,
            Self::Plain(error) => error.is_usage(),
            Self::File { source, .. } => plain::is_of_the_place(source),
        }
    }
}

/// What came of folding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Folding {
    /// So many records were folded.
    Done(u64),
    /// Nothing was: of these lines (`file:line`) it is not known what they decided.
    Held(Vec<String>),
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
        self.folder.join(LEARN).join("attempts.jsonl")
    }

    /// What is past its time.
    #[must_use]
    pub fn folded_file(&self) -> PathBuf {
        self.folder.join(LEARN).join("folded.json")
    }

    /// Decisions.
    #[must_use]
    pub fn decisions_file(&self) -> PathBuf {
        self.folder.join(SKILLS).join("decisions.jsonl")
    }

    /// Reads all files. What is not there is empty.
    pub fn read(&self) -> Result<(Reading, Decisions), StoreError> {
        let file = self.attempts_file();
        let (folded, damage) = self.read_folded()?;
        let name = file.display().to_string();
        let (decisions, diagnostics) = self.read_decisions()?;
        let disputed = decisions.disputed();
        let mut reading = attempts::read_after(folded, &plain::text(&file)?, &name, &disputed);
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

    fn read_decisions(&self) -> Result<(Decisions, Vec<Diagnostic>), StoreError> {
        let file = self.decisions_file();
        let name = file.display().to_string();
        Ok(decisions::read(&plain::text(&file)?, &name))
    }

    /// What is folded, and why it could not be read.
    fn read_folded(&self) -> Result<(Folded, Option<String>), StoreError> {
        let text = plain::text(&self.folded_file())?;
        if text.is_empty() {
            return Ok((Folded::default(), None));
        }
        Ok(match Folded::from_text(&text) {
            Ok(folded) => (folded, None),
            Err(why) => (Folded::default(), Some(why)),
        })
    }

    /// Folds what is past its time on that day, if the person has not said to keep everything.
    pub fn fold_by_its_time(&self, today: Day) -> Result<Folding, StoreError> {
        self.fold_through(|decisions| decisions.kept_days().map(|days| today.minus(days)))
    }

    /// Folds what is not younger than `last`.
    pub fn fold(&self, last: Day) -> Result<Folding, StoreError> {
        self.fold_through(|_| Some(last))
    }

    /// The folded file is written first: what an interruption leaves in both files counts once. A line of decisions that
    /// cannot be read may say "keep forever", or dispute what would be folded in for good: then nothing is folded.
    fn fold_through(
        &self,
        last: impl FnOnce(&Decisions) -> Option<Day>,
    ) -> Result<Folding, StoreError> {
        let file = self.attempts_file();
        if !plain::is_there(&file)? {
            return Ok(Folding::Done(0));
        }
        // Whoever appends or decides meanwhile waits.
        let _held = ledger::lock(file.parent().unwrap_or(&self.folder))?;
        let _decided = self.lock_decisions()?;
        let (decisions, _) = self.read_decisions()?;
        if !decisions.damage().is_empty() {
            return Ok(Folding::Held(decisions.damage().to_vec()));
        }
        let Some(last) = last(&decisions) else {
            return Ok(Folding::Done(0));
        };
        let (before, damage) = self.read_folded()?;
        let text = plain::text(&file)?;
        let Some((folded, left)) = retention::fold(&text, &before, &decisions, last) else {
            return Ok(Folding::Done(0));
        };
        let folded_file = self.folded_file();
        if damage.is_some() {
            ledger::put_aside(&folded_file)?;
        }
        let written = folded.to_text().map_err(io::Error::from);
        let written = written.map_err(PlainError::system(&folded_file))?;
        ledger::replace(&folded_file, written.as_bytes())?;
        ledger::replace(&file, left.as_bytes())?;
        Ok(Folding::Done(folded.records - before.records))
    }

    /// Nothing where nothing was decided yet: reading makes no folders.
    fn lock_decisions(&self) -> Result<Option<ledger::Held>, StoreError> {
        let folder = self.folder.join(SKILLS);
        if !folder.exists() {
            return Ok(None);
        }
        Ok(Some(ledger::lock(&folder)?))
    }

    /// The text of the files as they are, for export: attempts, what is folded, decisions.
    pub fn raw(&self) -> Result<[String; 3], StoreError> {
        Ok([
            plain::text(&self.attempts_file())?,
            plain::text(&self.folded_file())?,
            plain::text(&self.decisions_file())?,
        ])
    }

    /// Puts an event on record: one line, one write.
    pub fn append(&self, event: &Event) -> Result<(), StoreError> {
        let _held = self.ready_to_decide()?;
        self.append_held(event)
    }

    fn ready_to_decide(&self) -> Result<ledger::Held, StoreError> {
        let folder = self.folder.join(SKILLS);
        ledger::private_folder(&folder).map_err(PlainError::system(&folder))?;
        Ok(ledger::lock(&folder)?)
    }

    fn append_held(&self, event: &Event) -> Result<(), StoreError> {
        let file = self.decisions_file();
        let line = serde_json::to_string(event).map_err(io::Error::from);
        let line = line.map_err(PlainError::system(&file))?;
        Ok(ledger::append(&file, &line)?)
    }

    /// Shares a cell under a name that no other share bears or bore. Who shares at the same time waits.
    pub fn share(&self, day: Day, cell: Cell, with: &str, until: Day) -> Result<Share, StoreError> {
        let _held = self.ready_to_decide()?;
        let (mut decisions, _) = self.read_decisions()?;
        if !decisions.damage().is_empty() {
            return Err(StoreError::Undecided {
                places: decisions.damage().to_vec(),
            });
        }
        let name = decisions.next_name();
        if decisions.is_taken(&name) {
            return Err(StoreError::Taken(name));
        }
        let what = What::Share {
            share: name.clone(),
            cell,
            with: with.to_owned(),
            until,
        };
        let event = Event::new(day, what);
        self.append_held(&event)?;
        decisions.apply(&event);
        let share = decisions.share(&name).cloned();
        share.ok_or(StoreError::Taken(name))
    }

    /// Deletes everything of ours, whatever an interruption or damage left, and the folders if nothing else is in them.
    /// Gives what was deleted.
    pub fn delete(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut deleted = Vec::new();
        for folder in [LEARN, SKILLS].map(|name| self.folder.join(name)) {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => {
                    return Err(StoreError::File {
                        file: folder,
                        source,
                    });
                }
            };
            let ours = entries
                .flatten()
                .filter(|entry| is_ours(&entry.file_name().to_string_lossy()));
            let mut ours: Vec<PathBuf> = ours.map(|entry| entry.path()).collect();
            ours.sort();
            for file in ours {
                if remove(&file)? && file.file_name().is_some_and(|name| name != ledger::LOCK) {
                    deleted.push(file);
                }
            }
            // Fails where something else is in it, which is right.
            let _ = fs::remove_dir(folder);
        }
        Ok(deleted)
    }
}

/// The folders below that of the data.
const LEARN: &str = "learn";
const SKILLS: &str = "skills";

/// Files and folders that Trueline makes below `learn` and `skills`, by the beginning of their names: records, what is
/// folded, exercises and reviews under way, what was damaged of them, locks, and what a writer that was killed left half-written.
const OURS: [&str; 7] = [
    "attempts.jsonl",
    "folded.",
    "exercises",
    "reviews.",
    "decisions.jsonl",
    ledger::LOCK,
    ".tmp",
];

fn is_ours(name: &str) -> bool {
    OURS.iter().any(|ours| {
        name == *ours || ((ours.ends_with('.') || ours.starts_with('.')) && name.starts_with(ours))
    })
}

/// Whether it was there.
fn remove(file: &Path) -> Result<bool, StoreError> {
    let is_folder = fs::symlink_metadata(file).is_ok_and(|meta| meta.is_dir());
    let removed = if is_folder {
        fs::remove_dir_all(file)
    } else {
        fs::remove_file(file)
    };
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(StoreError::File {
            file: file.to_owned(),
            source,
        }),
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
