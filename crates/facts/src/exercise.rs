//! The folder of an exercise, as far as programs beside `learn` have to know it.
//!
//! `learn start` writes the marker; agents' hooks (crate `capture`) leave a witness beside it when an agent
//! wrote one of its files; `learn check` reads both. A witness holds a tool and a file, no content and no time.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ToolId;

/// The file that says which exercise a folder is.
pub const MARKER: &str = ".trueline-exercise";
/// The file of witnesses: one JSON object a line, appended.
pub const WITNESSES: &str = ".trueline-agents";
/// A file of witnesses holds no more: what comes then says nothing new.
pub const MOST_WITNESSES: u64 = 64 << 10;

/// What the marker holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Marker {
    /// The exercise.
    pub scenario: String,
    /// Its version at the start.
    pub version: u32,
    /// The files that are the learner's to change. None in folders of older versions.
    #[serde(default)]
    pub files: Vec<String>,
    /// The folder of scenarios it is from, if it was not the built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenarios: Option<PathBuf>,
}

/// An agent was seen to write a file of an exercise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Witness {
    /// Which tool.
    pub tool: ToolId,
    /// Which file of [`Marker::files`].
    pub file: String,
}
