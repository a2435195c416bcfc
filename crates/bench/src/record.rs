//! What is kept of a run: one folder for each sample, with what the assistant gave and what was judged of it.
//!
//! A sample's folder is made aside and renamed when the assistant has answered, and its verdict is written aside and
//! renamed when it was judged: a killed run asks nothing twice that was answered. What is read back may be damaged or
//! crafted: it is bounded, its paths are checked, and what cannot be read is told and counted.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use trueline_facts::Cwe;
use trueline_facts::bench::ScenarioVersion;
use trueline_scenarios::format::is_plain_path;
use trueline_scenarios::{CheckStatus, ExploitOutcome, Tree};

use crate::BenchError;

/// The schema of `run.json`.
pub const RUN_SCHEMA: &str = "trueline.bench-run/1";
/// The schema of `record.json`.
pub const RECORD_SCHEMA: &str = "trueline.bench-record/1";
/// The schema of `verdict.json`.
pub const VERDICT_SCHEMA: &str = "trueline.bench-verdict/1";

const RUN_FILE: &str = "run.json";
const RECORD_FILE: &str = "record.json";
const VERDICT_FILE: &str = "verdict.json";
const SAMPLES: &str = "samples";
const FILES: &str = "files";
const TRACE_FILE: &str = "trace.txt";
const LARGEST: u64 = 8 << 20;
const MOST_TASKS: usize = 100_000;
const MOST_SAMPLES: u32 = 1_000;

/// What a run is: two runs with the same one compare.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunHeader {
    /// [`RUN_SCHEMA`].
    pub schema: String,
    /// Which Trueline made it.
    pub trueline_version: String,
    /// The assistant.
    pub name: String,
    /// A stand-in.
    pub demonstration: bool,
    /// Kind of adapter.
    pub adapter: String,
    /// SHA-256 of the adapter's file.
    pub adapter_sha256: String,
    /// What the version command said.
    pub version: Option<String>,
    /// Temperature, where it is known.
    pub temperature: Option<f64>,
    /// What everything random was drawn from.
    pub seed: u64,
    /// Samples of each task.
    pub samples: u32,
    /// What was said about security.
    pub safety: String,
    /// Scenarios and their versions.
    pub scenarios: Vec<ScenarioVersion>,
    /// Keys of all tasks.
    pub tasks: Vec<String>,
}

/// Tokens and cost.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Tokens in.
    pub input_tokens: Option<u64>,
    /// Tokens out.
    pub output_tokens: Option<u64>,
    /// US dollars.
    pub cost_usd: Option<f64>,
}

/// Whether there is an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "answer", content = "reason")]
pub enum Answer {
    /// There is.
    Given,
    /// The adapter failed, or gave nothing that can be judged.
    NoAnswer(String),
    /// The assistant was not asked: a runtime is missing, or the task is not applicable.
    NotAsked(String),
}

/// What an assistant gave.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// [`RECORD_SCHEMA`].
    pub schema: String,
    /// The task.
    pub task: String,
    /// Which sample.
    pub sample: u32,
    /// The model, as it named itself.
    pub model: Option<String>,
    /// SHA-256 of the prompt.
    pub prompt_sha256: Option<String>,
    /// What the check's canaries are drawn from.
    pub seed: u64,
    /// Seconds that the answer took.
    pub seconds: f64,
    /// Tokens and cost.
    pub usage: Usage,
    /// Exit status of a command.
    pub exit: Option<i32>,
    /// What a command that gave no answer said first on standard error, cut and without what may be a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// Whether there is an answer.
    #[serde(flatten)]
    pub answer: Answer,
    /// Way of the injected instruction.
    pub channel: Option<String>,
    /// Whether it was carried out.
    pub obeyed: Option<bool>,
    /// Files changed that are not taken back.
    pub outside_edits: u64,
    /// SHA-256 of each file that was taken back.
    pub files: BTreeMap<String, String>,
}

/// An exploit against an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExploitVerdict {
    /// Its name.
    pub name: String,
    /// The weakness.
    pub cwe: Cwe,
    /// What came of it.
    pub outcome: ExploitOutcome,
}

/// A finding of a review.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Flag {
    /// The file.
    pub path: String,
    /// First line.
    pub start: u32,
    /// Last line.
    pub end: u32,
    /// The weakness that was named.
    pub cwe: Option<u32>,
}

/// What was judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Judged {
    /// Code, by the sandboxed run.
    Code {
        /// Its verdict.
        status: CheckStatus,
        /// Functional tests that pass.
        functional_passed: u32,
        /// Functional tests.
        functional: u32,
        /// Names of those that fail.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<String>,
        /// Exploits.
        exploits: Vec<ExploitVerdict>,
        /// Lines added and removed, against the vulnerable tree.
        changed_lines: u64,
        /// Why it was skipped or failed.
        message: Option<String>,
    },
    /// A review.
    Review {
        /// What it flagged.
        flags: Vec<Flag>,
    },
    /// A review that cannot be read.
    Unreadable {
        /// Why.
        reason: String,
    },
}

impl Judged {
    /// Whether nothing was judged: the check failed, or something that it needs was not there.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(
            self,
            Self::Code {
                status: CheckStatus::Skipped | CheckStatus::Busy | CheckStatus::Error,
                ..
            }
        )
    }
}

/// `verdict.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// [`VERDICT_SCHEMA`].
    pub schema: String,
    /// What was judged.
    #[serde(flatten)]
    pub judged: Judged,
}

/// A sample as it stands on disk.
#[derive(Clone, PartialEq, Debug)]
pub enum Stored {
    /// It is not there.
    Absent,
    /// It was answered and not judged.
    Answered(Box<Record>),
    /// It is whole.
    Judged(Box<Record>, Verdict),
    /// It cannot be read.
    Broken(String),
}

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct RunDir {
    folder: PathBuf,
}

impl RunDir {
    /// The folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Its header; none where there is no run yet.
    pub fn header(&self) -> Result<Option<RunHeader>, BenchError> {
        let file = self.folder.join(RUN_FILE);
        if !file.exists() {
            return Ok(None);
        }
        let header: RunHeader = read_json(&file).map_err(|why| {
            BenchError::Cannot(format!(
                "{}: {why}; the run cannot be gone on with, name another folder",
                file.display()
            ))
        })?;
        if header.schema != RUN_SCHEMA {
            return Err(BenchError::Cannot(format!(
                "{}: is of `{}`; this Trueline reads {RUN_SCHEMA}",
                file.display(),
                header.schema
            )));
        }
        let sound = header.tasks.len() <= MOST_TASKS
            && header.samples <= MOST_SAMPLES
            && header.tasks.iter().all(|task| is_plain_path(task));
        if !sound {
            return Err(BenchError::Cannot(format!(
                "{}: holds tasks that no run has",
                file.display()
            )));
        }
        Ok(Some(header))
    }

    /// Writes the header.
    pub fn write_header(&self, header: &RunHeader) -> Result<(), BenchError> {
        fs::create_dir_all(&self.folder).map_err(BenchError::file(&self.folder))?;
        write_json(&self.folder.join(RUN_FILE), header)
    }

    /// Takes the run for this process, until what is returned is dropped.
    pub fn lock(&self) -> Result<fs::File, BenchError> {
        fs::create_dir_all(&self.folder).map_err(BenchError::file(&self.folder))?;
        let path = self.folder.join(".lock");
        let file = fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(BenchError::file(&path))?;
        file.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => BenchError::Cannot(format!(
                "{}: another process is at this run; wait for it or name another --out",
                self.folder.display()
            )),
            fs::TryLockError::Error(source) => BenchError::File { path, source },
        })?;
        Ok(file)
    }

    fn sample(&self, task: &str, sample: u32) -> PathBuf {
        self.folder
            .join(SAMPLES)
            .join(task)
            .join(format!("sample{sample}"))
    }

    /// A sample as it stands.
    #[must_use]
    pub fn read(&self, task: &str, sample: u32) -> Stored {
        let folder = self.sample(task, sample);
        if fs::symlink_metadata(&folder).is_err() {
            return Stored::Absent;
        }
        let record: Record = match read_json(&folder.join(RECORD_FILE)) {
            Ok(record) => record,
            Err(why) => return Stored::Broken(format!("{RECORD_FILE}: {why}")),
        };
        if record.schema != RECORD_SCHEMA || record.task != task || record.sample != sample {
            return Stored::Broken(format!(
                "{RECORD_FILE}: is that of another sample or version"
            ));
        }
        let file = folder.join(VERDICT_FILE);
        if fs::symlink_metadata(&file).is_err() {
            return Stored::Answered(Box::new(record));
        }
        match read_json::<Verdict>(&file) {
            Ok(verdict) if verdict.schema == VERDICT_SCHEMA => {
                Stored::Judged(Box::new(record), verdict)
            }
            Ok(verdict) => Stored::Broken(format!("{VERDICT_FILE}: is of `{}`", verdict.schema)),
            Err(why) => Stored::Broken(format!("{VERDICT_FILE}: {why}")),
        }
    }

    /// The files of an answer, if they are those that were recorded.
    pub fn files(&self, record: &Record) -> Result<Tree, String> {
        let folder = self.sample(&record.task, record.sample).join(FILES);
        let mut tree = Tree::default();
        for (path, digest) in &record.files {
            if !is_plain_path(path) {
                return Err(format!("`{path}` is no path of an answer"));
            }
            let content = crate::flags::read_plain(&folder.join(path))?;
            if sha256(&content) != *digest {
                return Err(format!("{path} is not what was recorded"));
            }
            tree.insert(path.clone(), content);
        }
        Ok(tree)
    }

    /// What an assistant printed.
    #[must_use]
    pub fn trace(&self, record: &Record) -> Vec<u8> {
        let file = self.sample(&record.task, record.sample).join(TRACE_FILE);
        crate::flags::read_plain(&file).unwrap_or_default()
    }

    /// Keeps an answer: its folder appears whole or not at all.
    pub fn keep(&self, record: &Record, files: &Tree, trace: &[u8]) -> Result<(), BenchError> {
        let target = self.sample(&record.task, record.sample);
        let parent = target.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(BenchError::file(parent))?;
        let aside = tempfile::Builder::new()
            .prefix(".aside-")
            .tempdir_in(parent)
            .map_err(BenchError::file(parent))?;
        let failed = BenchError::file(aside.path());
        let below = aside.path().join(FILES);
        fs::create_dir(&below).map_err(&failed)?;
        files.write(&below).map_err(&failed)?;
        if !trace.is_empty() {
            fs::write(aside.path().join(TRACE_FILE), trace).map_err(&failed)?;
        }
        write_json(&aside.path().join(RECORD_FILE), record)?;
        open_to_readers(aside.path()).map_err(&failed)?;
        let aside = aside.keep();
        fs::rename(&aside, &target).map_err(|source| {
            let _ = fs::remove_dir_all(&aside);
            BenchError::File {
                path: target.clone(),
                source,
            }
        })
    }

    /// Keeps a verdict.
    pub fn keep_verdict(&self, record: &Record, judged: Judged) -> Result<(), BenchError> {
        let verdict = Verdict {
            schema: VERDICT_SCHEMA.to_owned(),
            judged,
        };
        let folder = self.sample(&record.task, record.sample);
        write_json(&folder.join(VERDICT_FILE), &verdict)
    }

    /// Takes a verdict back that judged nothing.
    pub fn drop_verdict(&self, record: &Record) -> Result<(), BenchError> {
        let file = self.sample(&record.task, record.sample).join(VERDICT_FILE);
        fs::remove_file(&file).map_err(BenchError::file(&file))
    }

    /// Puts a sample that cannot be read out of the way; it is not deleted. Gives the new name.
    pub fn set_aside(&self, task: &str, sample: u32) -> Result<PathBuf, BenchError> {
        let folder = self.sample(task, sample);
        let free = (1..=1_000)
            .map(|n: u32| folder.with_file_name(format!("sample{sample}.broken-{n}")))
            .find(|name| fs::symlink_metadata(name).is_err())
            .unwrap_or_else(|| folder.with_file_name("broken"));
        fs::rename(&folder, &free).map_err(BenchError::file(&folder))?;
        Ok(free)
    }

    /// Removes what killed runs left half-made.
    pub fn sweep(&self, task: &str) {
        let folder = self.folder.join(SAMPLES).join(task);
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(".aside-") {
                // It is in nobody's way.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// In hexadecimal.
#[must_use]
pub fn sha256(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content))
}

fn read_json<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let meta = fs::symlink_metadata(file).map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("is no plain file".to_owned());
    }
    if meta.len() > LARGEST {
        return Err("is larger than 8 MB".to_owned());
    }
    let text = fs::read(file).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| format!("cannot be read ({error})"))
}

fn write_json(file: &Path, value: &impl Serialize) -> Result<(), BenchError> {
    let failed = BenchError::file(file);
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(std::io::Error::other)
        .map_err(&failed)?;
    text.push(b'\n');
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut aside = tempfile::NamedTempFile::new_in(folder).map_err(&failed)?;
    aside.write_all(&text).map_err(&failed)?;
    aside.as_file().sync_all().map_err(&failed)?;
    aside.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Temporary folders are private; a run is an ordinary folder.
#[cfg(unix)]
fn open_to_readers(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
const fn open_to_readers(_: &Path) -> std::io::Result<()> {
    Ok(())
}
