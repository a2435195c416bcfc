//! What could not be done, and why: a failing check never aborts a run and never hides.

use schemars::JsonSchema;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::RepoPath;

/// How much a diagnostic matters to the result.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Good to know; the result is whole.
    Note,
    /// Part of the result is missing or weaker.
    Warning,
    /// A whole check or input is missing.
    Error,
}

/// One thing that was skipped, cut short or not understood.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// How much it matters.
    pub level: Level,
    /// A kebab-case code, unique within the crate that made it: `note-unreadable`.
    pub code: String,
    /// The file concerned, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<RepoPath>,
    /// What, why, and what to do.
    pub message: String,
}

impl Serialize for Diagnostic {
    /// An absent path is left out where fields have names; formats without names need every one.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let left_out = serializer.is_human_readable() && self.path.is_none();
        let mut fields = serializer.serialize_struct("Diagnostic", 4 - usize::from(left_out))?;
        fields.serialize_field("level", &self.level)?;
        fields.serialize_field("code", &self.code)?;
        if left_out {
            fields.skip_field("path")?;
        } else {
            fields.serialize_field("path", &self.path)?;
        }
        fields.serialize_field("message", &self.message)?;
        fields.end()
    }
}

impl Diagnostic {
    /// A diagnostic about the run as a whole.
    pub fn new(level: Level, code: &str, message: impl Into<String>) -> Self {
        Self {
            level,
            code: code.to_owned(),
            path: None,
            message: message.into(),
        }
    }

    /// The same, about one file.
    #[must_use]
    pub fn at(mut self, path: RepoPath) -> Self {
        self.path = Some(path);
        self
    }
}
