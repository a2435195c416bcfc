//! `scenario.toml` and review items, typed: an unknown key or a wrong value is an error that points at its line.
//!
//! Text in, definitions out; what tests declare is read from their text by [`tests`].

mod class;
mod review;
pub mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use trueline_facts::{Cwe, RuleId};

pub use self::class::{Class, Interface, Language};
pub use self::review::{LineRange, ReviewItem, SafeTwin, UnsafeTwin};

/// A place in a scenario that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{file}:{line}: {message}")]
pub struct Malformed {
    /// The file, as the author knows it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// An id of an exercise: `[a-z0-9-]+`, opened by a language or a kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(transparent)]
pub struct ScenarioId(Box<str>);

impl ScenarioId {
    /// Takes a text that is an id.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let sound = !text.is_empty() && text.len() <= 64 && text.chars().all(plain);
        (sound && !text.starts_with('-') && !text.ends_with('-')).then(|| Self(text.into()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ScenarioId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// What one trial may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Seconds of processor.
    #[serde(default = "cpu_s")]
    pub cpu_s: u32,
    /// Seconds by the clock.
    #[serde(default = "wall_s")]
    pub wall_s: u32,
    /// Memory of all its processes together.
    #[serde(default = "mem_mb")]
    pub mem_mb: u32,
    /// Processes and threads.
    #[serde(default = "pids")]
    pub pids: u32,
}

/// Nobody waits longer for one trial.
const MOST_SECONDS: u32 = 3_600;

impl Limits {
    /// Whether a program can run within them, and the machine bears it.
    fn check(&self) -> Result<(), String> {
        for (name, value, least, most, what) in [
            ("cpu_s", self.cpu_s, 1, MOST_SECONDS, "seconds"),
            ("wall_s", self.wall_s, 1, MOST_SECONDS, "seconds"),
            ("mem_mb", self.mem_mb, 16, 65_536, "megabytes"),
            ("pids", self.pids, 2, 4_096, "processes and threads"),
        ] {
            if !(least..=most).contains(&value) {
                return Err(format!("{name} = {value}: {what} from {least} to {most}"));
            }
        }
        Ok(())
    }
}

const fn cpu_s() -> u32 {
    5
}
const fn wall_s() -> u32 {
    10
}
const fn mem_mb() -> u32 {
    256
}
const fn pids() -> u32 {
    64
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_s: cpu_s(),
            wall_s: wall_s(),
            mem_mb: mem_mb(),
            pids: pids(),
        }
    }
}

const BUILD_LIMITS: Limits = Limits {
    cpu_s: 60,
    wall_s: 60,
    mem_mb: 1024,
    pids: 256,
};

/// How a distractor must fail.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fails {
    /// This exploit succeeds.
    Exploit(String),
    /// This functional test fails.
    Functional(String),
}

/// A tempting wrong fix.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distractor {
    /// Its folder below `distractors/`.
    pub name: String,
    /// How it fails.
    pub fails: Fails,
}

/// A damaged reference that the functional tests must reject.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// What was done to it.
    pub name: String,
    /// The file.
    pub file: String,
    /// Text that occurs once in it.
    pub replace: String,
    /// What stands there instead.
    pub with: String,
}

/// `scenario.toml`.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The id; the folder is named like it.
    pub id: String,
    /// Changes with any change of base or tests.
    pub version: u32,
    /// Title.
    pub title: String,
    /// One sentence for the list.
    pub summary: String,
    /// Language of what is mended.
    pub language: Language,
    /// Weakness class.
    pub class: Class,
    /// Weaknesses; each has an exploit.
    pub cwe: Vec<Cwe>,
    /// Our rules that it trains.
    #[serde(default)]
    pub rules: Vec<RuleId>,
    /// OWASP Top 10:2025.
    #[serde(default)]
    pub owasp_2025: Vec<String>,
    /// LLM Top 10, 2025.
    #[serde(default)]
    pub llm_2025: Vec<String>,
    /// LLM Top 10, 2026.
    #[serde(default)]
    pub llm_2026: Vec<String>,
    /// Agentic Top 10.
    #[serde(default)]
    pub asi: Vec<String>,
    /// Difficulty prior in logits.
    pub difficulty: f64,
    /// Minutes that it takes.
    pub minutes: u32,
    /// A path that it is a step of.
    #[serde(default)]
    pub path: Option<String>,
    /// Which step, from 1.
    #[serde(default)]
    pub step: Option<u32>,
    /// How tests reach it.
    pub interface: Interface,
    /// The program and its arguments.
    #[serde(default)]
    pub entry: Vec<String>,
    /// `call`: the module whose functions are called.
    #[serde(default)]
    pub module: Option<String>,
    /// Compiles it first.
    #[serde(default)]
    pub build: Vec<String>,
    /// What compiling may use.
    #[serde(default)]
    pub build_limits: Option<Limits>,
    /// `http`: where it listens.
    #[serde(default)]
    pub port: Option<u16>,
    /// Seconds until it listens.
    #[serde(default = "start_s")]
    pub start_s: u32,
    /// What a trial may use.
    #[serde(default)]
    pub limits: Limits,
    /// Runtimes that the program needs.
    #[serde(default)]
    pub runtime: BTreeMap<String, String>,
    /// The only files that are taken back.
    pub editable: Vec<String>,
    /// What the person asked the assistant for.
    #[serde(default)]
    pub prompt: String,
    /// Who wrote `vulnerable/`.
    #[serde(default)]
    pub tool: String,
    /// Environment; `{canary:NAME}` is filled for each run.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Tempting wrong fixes.
    #[serde(default, rename = "distractor")]
    pub distractors: Vec<Distractor>,
    /// Damaged references.
    #[serde(default, rename = "mutant")]
    pub mutants: Vec<Mutant>,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Licence of the texts.
    #[serde(default)]
    pub licence: Option<String>,
}

const fn start_s() -> u32 {
    10
}

impl Definition {
    /// Parses the text; `file` is for messages.
    pub fn parse(text: &str, file: &str) -> Result<Self, Malformed> {
        let this: Self = parse(text, file)?;
        this.check(text, file)?;
        Ok(this)
    }

    /// Limits of the build.
    #[must_use]
    pub fn build_limits(&self) -> Limits {
        self.build_limits.unwrap_or(BUILD_LIMITS)
    }

    /// What its id may begin with: the language, or what kind of thing is mended.
    fn kinds(&self) -> Vec<&'static str> {
        let language = match self.language {
            Language::Python => Some("py"),
            Language::JavaScript => Some("js"),
            Language::TypeScript => Some("ts"),
            Language::Java => Some("java"),
            Language::Go => Some("go"),
            Language::Rust => Some("rust"),
            Language::Yaml | Language::Dockerfile | Language::Json | Language::Text => None,
        };
        let kind = match self.interface {
            Interface::File => Some("file"),
            Interface::Agent => Some("agent"),
            Interface::Http | Interface::Call if language.is_none() => Some("file"),
            Interface::Http | Interface::Call => None,
        };
        language.into_iter().chain(kind).collect()
    }

    fn check(&self, text: &str, file: &str) -> Result<(), Malformed> {
        let wrong = |key: &str, message: String| {
            Err(Malformed {
                file: file.to_owned(),
                line: line_of_key(text, key),
                message,
            })
        };
        if ScenarioId::new(&self.id).is_none() {
            return wrong(
                "id",
                format!(
                    "`{}` is no id; letters a-z, digits and `-` make one",
                    self.id
                ),
            );
        }
        let kinds = self.kinds();
        let begins_with = self.id.split_once('-').map(|(kind, _)| kind);
        if !kinds.iter().any(|kind| begins_with == Some(*kind)) {
            return wrong(
                "id",
                format!(
                    "`{}` does not say what it is: it begins with `{}-`",
                    self.id,
                    kinds.join("-` or `")
                ),
            );
        }
        if self.cwe.is_empty() {
            return wrong("cwe", "name at least one weakness".to_owned());
        }
        if self.editable.is_empty() {
            return wrong(
                "editable",
                "name at least one file that may be changed".to_owned(),
            );
        }
        for path in self.editable.iter().chain(&self.module) {
            if !is_plain_path(path) {
                return wrong(
                    "editable",
                    format!("`{path}` is no path below the program's folder"),
                );
            }
        }
        if !(-4.0..=4.0).contains(&self.difficulty) {
            return wrong(
                "difficulty",
                "difficulty is a logit from -4 to 4".to_owned(),
            );
        }
        if self.port == Some(0) {
            return wrong("port", "port is a number from 1 to 65535".to_owned());
        }
        if !(1..=MOST_SECONDS).contains(&self.start_s) {
            return wrong(
                "start_s",
                format!(
                    "start_s = {}: seconds from 1 to {MOST_SECONDS}",
                    self.start_s
                ),
            );
        }
        let limits = Some(("limits", self.limits));
        let build = self.build_limits.map(|limits| ("build_limits", limits));
        for (key, limits) in limits.into_iter().chain(build) {
            if let Err(message) = limits.check() {
                return wrong(key, format!("{key}: {message}"));
            }
        }
        match self.interface {
            Interface::Http if self.port.is_none() || self.entry.is_empty() => {
                wrong("interface", "`http` needs `entry` and `port`".to_owned())
            }
            Interface::Call if self.module.is_none() => wrong(
                "interface",
                "`call` needs `module`, the file whose functions are called".to_owned(),
            ),
            Interface::Agent if self.entry.is_empty() => {
                wrong("interface", "`agent` needs `entry`".to_owned())
            }
            Interface::Http | Interface::Call | Interface::File | Interface::Agent => Ok(()),
        }
    }
}

/// A relative path of ordinary names.
#[must_use]
pub fn is_plain_path(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\\')
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

/// Parses TOML into a type; errors get file and line, unknown names the nearest known one.
pub fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, Malformed> {
    toml::from_str(text).map_err(|error| Malformed {
        file: file.to_owned(),
        line: error
            .span()
            .map_or(1, |span: Range<usize>| line_at(text, span.start)),
        message: with_nearest(error.message()),
    })
}

/// serde lists all the names that it knows; a person wants the one that was meant.
fn with_nearest(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (Some(given), true) = (quoted.first(), unknown) else {
        return message.replace('\n', " ");
    };
    let word = if message.starts_with("unknown field") {
        "key"
    } else {
        "value"
    };
    let known = &quoted[1..];
    match nearest(given, known.iter().copied()) {
        Some(near) => format!("unknown {word} `{given}`; did you mean `{near}`?"),
        None => format!("unknown {word} `{given}`; known are {}", known.join(", ")),
    }
}

/// The name that is least far, if it is not far.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (distance(given, name), name))
        .filter(|(far, name)| *far <= 2.max(name.len() / 3))
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text
        .char_indices()
        .take_while(|(at, _)| *at < offset)
        .filter(|(_, c)| *c == '\n')
        .count()
}

/// The line on which a key stands, or the first.
#[must_use]
pub fn line_of_key(text: &str, key: &str) -> usize {
    let is_key = |line: &str| {
        line.trim_start()
            .strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines().position(is_key).map_or(1, |line| line + 1)
}
