//! A policy: zones, gates, what is approved, exceptions. Read from text, each mistake with its place.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;
use toml_span::value::Value;
use trueline_facts::ToolId;
use trueline_facts::usage::Purpose;
use trueline_facts::verdict::Mode;

use crate::document::{self, Place, Section, Wrong, word};
use crate::exceptions::{ExceptionLimits, Exceptions};
use crate::gate::{Condition, Gate, defaults, read_built_ins, read_own};
use crate::zone::Zones;

/// The sections of `trueline.toml` that a policy is read from.
pub const SECTIONS: [&str; 6] = ["policy", "zone", "gates", "gate", "tools", "exceptions"];
/// Sections that others read.
const OF_OTHERS: [&str; 6] = ["schema", "scan", "artifacts", "capture", "guard", "team"];

/// Why a policy cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PolicyError {
    /// A place in it is wrong.
    #[error("{}:{place}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line and column.
        place: Place,
        /// What is wrong and what to do.
        message: String,
    },
    /// A Rego module is missing, or this program cannot run it.
    #[error("gate `{gate}`: {message}")]
    Rego {
        /// The gate.
        gate: String,
        /// What is wrong and what to do.
        message: String,
    },
}

/// Knows names of tools and who is an agent.
pub trait Names {
    /// A tool by any of its names; the message says what a typing error may have meant.
    fn tool(&self, name: &str) -> Result<ToolId, String>;
    /// Does a name or address belong to an agent or a bot?
    fn is_agent(&self, name: &str) -> bool;
}

/// Takes names as they are; an agent is what ends in `[bot]`, or what is approved as a tool.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainNames;

impl Names for PlainNames {
    fn tool(&self, name: &str) -> Result<ToolId, String> {
        Ok(ToolId::new(name.to_lowercase()))
    }

    fn is_agent(&self, name: &str) -> bool {
        name.contains("[bot]") || name.starts_with("agent:")
    }
}

/// What a team approved. `None` where it lists nothing: then anything will do.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Approved {
    /// `[tools] approved`.
    pub tools: Option<Vec<ToolId>>,
    /// `[tools] models`: globs over names of models.
    pub models: Option<Vec<String>>,
    /// `[tools] purposes`: what AI may be used for.
    pub purposes: Option<Vec<Purpose>>,
    /// `[tools] data`: classes of `[capture.classes]` that tools may read.
    pub data: Option<Vec<String>>,
}

/// What a team asks of changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Policy {
    /// `[policy] tier`: how much depends on the repository, 1 the most.
    pub tier: Option<u8>,
    /// `[policy] ask`: whom to ask where no zone says so.
    pub ask: Vec<String>,
    /// `[zone.NAME]`.
    pub zones: Zones,
    /// The built-in gates, then the team's own.
    pub gates: Vec<Gate>,
    /// `[tools]`.
    pub approved: Approved,
    /// `[exceptions]`: what exceptions must keep to.
    pub limits: ExceptionLimits,
    /// The exceptions.
    pub exceptions: Exceptions,
    /// Rego modules, by file.
    pub modules: Vec<RegoModule>,
}

/// A Rego module.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct RegoModule {
    /// Its file.
    pub file: String,
    /// Its text.
    pub text: String,
}

impl fmt::Debug for RegoModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegoModule({}, {} bytes)", self.file, self.text.len())
    }
}

impl Default for Policy {
    /// All built-in gates, observing.
    fn default() -> Self {
        Self {
            tier: None,
            ask: Vec::new(),
            zones: Zones::default(),
            gates: defaults().map(crate::gate::BuiltIn::gate).collect(),
            approved: Approved::default(),
            limits: ExceptionLimits::default(),
            exceptions: Exceptions::default(),
            modules: Vec::new(),
        }
    }
}

impl Policy {
    /// Reads a whole `trueline.toml`; sections that are no part of a policy are passed over. `path` is
    /// for messages.
    pub fn parse(text: &str, path: &Path, names: &dyn Names) -> Result<Self, PolicyError> {
        let invalid = |wrong: Wrong| PolicyError::Invalid {
            path: path.to_owned(),
            place: Place::of(text, wrong.span.start),
            message: wrong.message,
        };
        let read = || {
            let mut document = document::parse(text)?;
            let mut root = Section::new("", &mut document)?;
            for section in OF_OTHERS {
                root.take(section);
            }
            let policy = Self::take(&mut root, text, names)?;
            let mut known = SECTIONS.to_vec();
            known.extend(OF_OTHERS);
            root.end(&known)?;
            Ok(policy)
        };
        read().map_err(invalid)
    }

    /// Takes the sections of a policy out of a document whose text is `text`.
    pub fn take(root: &mut Section<'_>, text: &str, names: &dyn Names) -> Result<Self, Wrong> {
        let mut policy = Self::default();
        if let Some((_, mut value)) = root.take("policy") {
            let mut section = Section::new("policy", &mut value)?;
            policy.tier = section.number("tier", 1..=9)?.map(|(tier, _)| tier as u8);
            let ask = section.strings("ask")?.unwrap_or_default();
            policy.ask = ask.into_iter().map(|(text, _)| text).collect();
            section.end(&["tier", "ask"])?;
        }
        if let Some((_, mut value)) = root.take("zone") {
            policy.zones = Zones::read(&mut value)?;
        }
        if let Some((_, mut value)) = root.take("tools") {
            policy.approved = Approved::read(&mut value, names)?;
        }
        if let Some((_, mut value)) = root.take("exceptions") {
            policy.limits = ExceptionLimits::read(&mut value)?;
        }
        let built_in = root.take("gates").map(|(_, value)| value);
        policy.gates = read_built_ins(built_in, &policy.zones, text)?;
        let own = root.take("gate").map(|(_, value)| value);
        policy.gates.extend(read_own(own, &policy.zones, text)?);
        Ok(policy)
    }

    /// The files of Rego modules that gates name.
    pub fn rego_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.gates.iter().filter_map(|gate| match &gate.condition {
            Condition::Rego { file } => Some((gate.id.as_str(), file.as_str())),
            _ => None,
        })
    }

    /// Takes the text of a Rego module in. It is parsed, so that a mistake is told before anything
    /// is judged.
    pub fn add_module(&mut self, gate: &str, file: &str, text: &str) -> Result<(), PolicyError> {
        let wrong = |message: String| PolicyError::Rego {
            gate: gate.to_owned(),
            message,
        };
        check_module(file, text).map_err(wrong)?;
        if !self.modules.iter().any(|known| known.file == file) {
            self.modules.push(RegoModule {
                file: file.to_owned(),
                text: text.to_owned(),
            });
        }
        Ok(())
    }

    /// A gate by its id.
    #[must_use]
    pub fn gate(&self, id: &str) -> Option<&Gate> {
        self.gates.iter().find(|gate| gate.id.as_str() == id)
    }

    /// Does any gate do more than observe?
    #[must_use]
    pub fn speaks(&self) -> bool {
        self.gates.iter().any(|gate| gate.mode > Mode::Observe)
    }
}

#[cfg(feature = "rego")]
fn check_module(file: &str, text: &str) -> Result<(), String> {
    crate::rego::check(file, text)
}

#[cfg(not(feature = "rego"))]
fn check_module(file: &str, _: &str) -> Result<(), String> {
    Err(format!(
        "{file} is a Rego module, and this program was built without Rego (feature `rego`)"
    ))
}

impl Approved {
    fn read(value: &mut Value<'_>, names: &dyn Names) -> Result<Self, Wrong> {
        let mut section = Section::new("tools", value)?;
        let tools = section.strings("approved")?.map(|tools| {
            let tool = |(name, span): (String, _)| {
                names
                    .tool(&name)
                    .map_err(|message| Wrong::new(span, message))
            };
            tools.into_iter().map(tool).collect::<Result<_, _>>()
        });
        let texts = |texts: Vec<(String, _)>| texts.into_iter().map(|(text, _)| text).collect();
        let models = section.strings("models")?;
        if let Some(models) = &models {
            crate::zone::globs(models, "tools.models")?;
        }
        let purposes = section.strings("purposes")?.map(|purposes| {
            let all = Purpose::ALL.map(|purpose| (purpose.as_str(), purpose));
            let purpose = |(text, span): (String, _)| word(&text, span, "tools.purposes", &all);
            purposes.into_iter().map(purpose).collect::<Result<_, _>>()
        });
        let approved = Self {
            tools: tools.transpose()?,
            models: models.map(texts),
            purposes: purposes.transpose()?,
            data: section.strings("data")?.map(texts),
        };
        section.end(&["approved", "models", "purposes", "data"])?;
        Ok(approved)
    }
}
