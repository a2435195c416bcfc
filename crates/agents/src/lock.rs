//! The lock: digests of the servers and tools that a team has looked at, committed beside the code.
//!
//! The first sight is trusted when the lock is written; what differs from it later asks to be looked at again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The schema that opens the file.
pub const SCHEMA: &str = "trueline.agents-lock/1";

/// Digests of what is approved. Keys are the path and the name, with `#` between.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Servers: SHA-256 of program, arguments, address and the names of variables and headers.
    #[serde(default)]
    pub servers: BTreeMap<String, String>,
    /// Tools: SHA-256 of name, description and parameters.
    #[serde(default)]
    pub tools: BTreeMap<String, String>,
}

impl Default for Lock {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            servers: BTreeMap::new(),
            tools: BTreeMap::new(),
        }
    }
}

impl Lock {
    /// Reads a lock; says why it cannot.
    pub fn read(text: &str) -> Result<Self, String> {
        let lock: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if lock.schema == SCHEMA {
            Ok(lock)
        } else {
            Err(format!("its schema is `{}`, not `{SCHEMA}`", lock.schema))
        }
    }

    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Maps of texts cannot fail to be written.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.tools.is_empty()
    }
}

/// How a digest stands to the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    Same,
    Changed,
    New,
}

pub(crate) fn standing(locked: &BTreeMap<String, String>, key: &str, digest: &str) -> Standing {
    match locked.get(key) {
        None => Standing::New,
        Some(known) if known == digest => Standing::Same,
        Some(_) => Standing::Changed,
    }
}
