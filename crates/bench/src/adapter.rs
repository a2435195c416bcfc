//! Adapters: how an assistant is asked. A TOML file of the user's says which, and what it may see.
//!
//! An adapter gets a prompt and a folder of files and gives a [`Reply`]. Whatever fails in it is no answer, a class of its
//! own: it says nothing about the code that an assistant writes.

mod command;
mod openai;
mod replay;
mod said;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use trueline_scenarios::Tree;
use trueline_scenarios::format::{Malformed, line_of_key, parse};

pub use self::command::Command;
pub use self::openai::OpenAi;
pub use self::replay::Replay;
use crate::BenchError;
use crate::record::Usage;
use crate::task::{Prepared, Task};

/// Bytes kept of what an assistant printed or said.
pub(crate) const MOST_TRACE: usize = 1 << 20;

/// What an assistant gave.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// Why there is no answer, if there is none.
    pub failure: Option<String>,
    /// The model, as it named itself.
    pub model: Option<String>,
    /// Tokens and cost, if told.
    pub usage: Usage,
    /// Exit status of a command.
    pub exit: Option<i32>,
    /// The first line that a command without an answer wrote to standard error, cut and without what may be a secret.
    pub said: Option<String>,
    /// Seconds, where they are not those of now: a replay has those of then.
    pub seconds: Option<f64>,
    /// What it printed or said, cut.
    pub trace: Vec<u8>,
    /// The files that are taken back.
    pub files: Tree,
    /// Whether the injected instruction was carried out, where that can be seen only in the folder.
    pub obeyed: Option<bool>,
    /// Files that it changed and that are not taken back.
    pub outside_edits: u64,
}

impl Reply {
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self {
            failure: Some(why.into()),
            ..Self::default()
        }
    }
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The task.
    pub task: &'a Task<'a>,
    /// Its files and its prompt.
    pub prepared: &'a Prepared,
    /// Which sample.
    pub sample: u32,
    /// When it is time to give up.
    pub timeout: Duration,
    /// Set when the user wants to stop.
    pub interrupt: &'a AtomicBool,
}

/// An adapter.
#[derive(Debug)]
pub struct Adapter {
    /// The assistant's name in reports.
    pub name: String,
    /// A stand-in: reports are stamped.
    pub demonstration: bool,
    /// Seconds for one answer.
    pub timeout: Duration,
    /// The run stops when answers have cost this much.
    pub max_cost_usd: Option<f64>,
    /// How it is asked.
    pub kind: AdapterKind,
    /// SHA-256 of what its file says about answers: without comments and the limit on cost.
    pub digest: String,
}

/// How an assistant is asked.
#[derive(Debug)]
pub enum AdapterKind {
    /// By a command.
    Command(Command),
    /// Over HTTP, as OpenAI has it.
    OpenAi(OpenAi),
    /// Not at all: its recorded answers are judged.
    Replay(Replay),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Command,
    Openai,
    Replay,
}

/// Where a command's own JSON tells model, tokens and cost: JSON pointers.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pointers {
    #[serde(default)]
    pub(crate) model: Option<String>,
    #[serde(default)]
    pub(crate) input_tokens: Option<String>,
    #[serde(default)]
    pub(crate) output_tokens: Option<String>,
    #[serde(default)]
    pub(crate) cost_usd: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    name: String,
    kind: Kind,
    #[serde(default)]
    demonstration: bool,
    #[serde(default = "timeout_s")]
    timeout_s: u64,
    #[serde(default)]
    max_cost_usd: Option<f64>,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    version: Vec<String>,
    #[serde(default = "environment")]
    env: Vec<String>,
    #[serde(default)]
    prompt_on_stdin: bool,
    #[serde(default)]
    usage: Option<Pointers>,
    #[serde(default)]
    endpoint: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    key_env: Option<String>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    usd_per_million_input: Option<f64>,
    #[serde(default)]
    usd_per_million_output: Option<f64>,
    #[serde(default = "retries")]
    retries: u32,
    #[serde(default)]
    folder: Option<PathBuf>,
}

const fn timeout_s() -> u64 {
    600
}

const fn retries() -> u32 {
    3
}

fn environment() -> Vec<String> {
    vec!["PATH".to_owned()]
}

impl Adapter {
    /// Reads an adapter's file.
    pub fn read(file: &Path) -> Result<Self, BenchError> {
        let text = std::fs::read_to_string(file).map_err(BenchError::file(file))?;
        Self::parse(&text, file)
    }

    /// Parses its text. Paths in it are relative to the folder of `file`.
    pub fn parse(text: &str, file: &Path) -> Result<Self, BenchError> {
        let place = file.display().to_string();
        let read: Text = parse(text, &place)?;
        let wrong = |key: &str, message: &str| {
            BenchError::from(Malformed {
                file: place.clone(),
                line: line_of_key(text, key),
                message: message.to_owned(),
            })
        };
        if read.name.trim().is_empty() || read.name.len() > 100 {
            return Err(wrong("name", "a name has 1 to 100 characters"));
        }
        if !(1..=86_400).contains(&read.timeout_s) {
            return Err(wrong("timeout_s", "timeout_s is 1 to 86400 seconds"));
        }
        if let Some(why) = uncountable(&read) {
            return Err(wrong("max_cost_usd", &why));
        }
        let below = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Absolute at once: it is needed from other working folders.
        let below = &below.canonicalize().unwrap_or_else(|_| below.to_owned());
        let kind = match read.kind {
            Kind::Command => {
                if read.command.is_empty() {
                    return Err(wrong(
                        "kind",
                        "`command` needs `command = [\"program\", \"argument\", …]`",
                    ));
                }
                if let Some(part) = read.command.iter().find_map(|part| unknown_field(part)) {
                    return Err(wrong(
                        "command",
                        &format!(
                            "`{part}` is filled with nothing; known are {}",
                            command::FIELDS.join(", ")
                        ),
                    ));
                }
                AdapterKind::Command(Command {
                    argv: read.command,
                    version: read.version,
                    env: read.env,
                    prompt_on_stdin: read.prompt_on_stdin,
                    pointers: read.usage.unwrap_or_default(),
                    folder: below.to_owned(),
                })
            }
            Kind::Openai => {
                let needs = "`openai` needs `endpoint` (as https://host/v1) and `model`";
                let endpoint = read.endpoint.ok_or_else(|| wrong("kind", needs))?;
                let model = read.model.ok_or_else(|| wrong("kind", needs))?;
                if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
                    return Err(wrong("endpoint", "an endpoint begins with https://"));
                }
                AdapterKind::OpenAi(OpenAi {
                    endpoint: endpoint.trim_end_matches('/').to_owned(),
                    model,
                    key_env: read.key_env,
                    temperature: read.temperature,
                    max_tokens: read.max_tokens,
                    usd_per_million: read.usd_per_million_input.zip(read.usd_per_million_output),
                    retries: read.retries.min(10),
                })
            }
            Kind::Replay => {
                let folder = read
                    .folder
                    .ok_or_else(|| wrong("kind", "`replay` needs `folder`"))?;
                AdapterKind::Replay(Replay::open(&below.join(folder), read.model.as_deref())?)
            }
        };
        Ok(Self {
            name: read.name,
            demonstration: read.demonstration,
            timeout: Duration::from_secs(read.timeout_s),
            max_cost_usd: read.max_cost_usd,
            kind,
            digest: digest(text),
        })
    }

    /// `command`, `openai` or `replay`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.kind {
            AdapterKind::Command(_) => "command",
            AdapterKind::OpenAi(_) => "openai",
            AdapterKind::Replay(_) => "replay",
        }
    }

    /// What the assistant says its version is.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        match &self.kind {
            AdapterKind::Command(command) => command.version(),
            AdapterKind::OpenAi(openai) => Some(openai.model.clone()),
            AdapterKind::Replay(replay) => replay.version(),
        }
    }

    /// Whether it can be asked at all, as far as that can be seen before.
    pub fn ready(&self) -> Result<(), BenchError> {
        match &self.kind {
            AdapterKind::OpenAi(openai) => openai.ready().map_err(BenchError::Cannot),
            AdapterKind::Command(_) | AdapterKind::Replay(_) => Ok(()),
        }
    }

    /// Whether anybody is asked, rather than what was recorded of them.
    #[must_use]
    pub const fn asks_somebody(&self) -> bool {
        !matches!(self.kind, AdapterKind::Replay(_))
    }

    /// Temperature of sampling, where it is known.
    #[must_use]
    pub const fn temperature(&self) -> Option<f64> {
        match &self.kind {
            AdapterKind::OpenAi(openai) => openai.temperature,
            AdapterKind::Command(_) | AdapterKind::Replay(_) => None,
        }
    }

    /// Asks.
    #[must_use]
    pub fn ask(&self, question: Question<'_>) -> Reply {
        match &self.kind {
            AdapterKind::Command(command) => command.ask(question),
            AdapterKind::OpenAi(openai) => openai.ask(question),
            AdapterKind::Replay(replay) => replay.ask(question),
        }
    }
}

/// Why a limit on cost could never be reached: nothing would be counted.
fn uncountable(read: &Text) -> Option<String> {
    let most = read.max_cost_usd?;
    if !most.is_finite() || most <= 0.0 {
        return Some("max_cost_usd is a number of US dollars above 0".to_owned());
    }
    let is_told = match read.kind {
        Kind::Command => read.usage.as_ref().is_some_and(|u| u.cost_usd.is_some()),
        Kind::Openai => {
            read.usd_per_million_input.is_some() && read.usd_per_million_output.is_some()
        }
        // Recorded answers cost nothing.
        Kind::Replay => {
            return Some(
                "`replay` asks nobody, so that nothing is spent: leave max_cost_usd out".to_owned(),
            );
        }
    };
    let needs = match read.kind {
        Kind::Command => {
            "`cost_usd` below [usage], the place of the cost in what the program prints"
        }
        Kind::Openai | Kind::Replay => "`usd_per_million_input` and `usd_per_million_output`",
    };
    (!is_told).then(|| format!("nothing tells what an answer costs, so that this limit would never be reached: it needs {needs}"))
}

/// Raising the limit on cost goes on with a run; anything else makes another one.
fn digest(text: &str) -> String {
    let mut hash = Sha256::new();
    for line in text.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') && !line.starts_with("max_cost_usd") {
            hash.update(line);
            hash.update("\n");
        }
    }
    HEXLOWER.encode(&hash.finalize())
}

/// A `{word}` that is no field.
fn unknown_field(part: &str) -> Option<String> {
    let mut rest = part;
    while let Some(start) = rest.find('{') {
        let inner = &rest[start..];
        let end = inner.find('}')?;
        let field = &inner[..=end];
        let word = &field[1..end];
        let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if is_word && !command::FIELDS.contains(&field) {
            return Some(field.to_owned());
        }
        rest = &inner[end + 1..];
    }
    None
}
