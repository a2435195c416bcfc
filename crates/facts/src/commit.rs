//! Commit identifiers as written in documents: lower-case hexadecimal, SHA-1 or SHA-256.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A full commit id in lower-case hexadecimal (40 or 64 digits).
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct CommitId(Box<str>);

impl CommitId {
    /// Takes an id that the repository produced.
    pub fn new(hex: impl Into<Box<str>>) -> Self {
        Self(hex.into())
    }

    /// The full id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
