//! What is said of each kind of threat: data in `rules/threats/threats.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;
use trueline_facts::Severity;
use trueline_facts::threat::Stride;

/// Why the texts could not be loaded.
#[derive(Debug, Error)]
#[error("rules/threats/threats.toml: {0}")]
pub struct TextError(#[from] toml::de::Error);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    threat: Vec<Text>,
}

/// One kind of threat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    id: String,
    pub(crate) title: String,
    pub(crate) scenario: String,
    pub(crate) advice: String,
    pub(crate) stride: Stride,
    pub(crate) severity: Severity,
    pub(crate) references: Vec<String>,
}

/// All kinds of threat.
#[derive(Debug)]
pub struct Texts {
    by_id: BTreeMap<String, Text>,
}

impl Texts {
    /// Those inside the binary.
    pub fn builtin() -> Result<Self, TextError> {
        let file: File = toml::from_str(include_str!("../../../rules/threats/threats.toml"))?;
        Ok(Self {
            by_id: file.threat.into_iter().map(|t| (t.id.clone(), t)).collect(),
        })
    }

    /// Their ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Text> {
        self.by_id.get(id)
    }
}
