//! The document of `trueline doctor`: what this machine has of what Trueline can use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema id that opens the document.
pub const SCHEMA: &str = "trueline.doctor/1";

/// What a machine has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DoctorReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Trueline's own version.
    pub version: String,
    /// The operating system and, where it tells, its kernel's release.
    pub system: String,
    /// Whether untrusted code can be run here.
    pub sandbox: SandboxReport,
    /// Container engines, which check exercises where no sandbox can be made.
    #[serde(default)]
    pub engines: Vec<ContainerEngine>,
    /// Languages that exercises are written in.
    pub runtimes: Vec<Runtime>,
    /// The version of git; none where it is not installed.
    pub git: Option<String>,
    /// Agents with hooks of ours, in the repository here or for the user.
    #[serde(default)]
    pub hooks: Vec<ToolHooks>,
}

/// A tool that has hooks of ours.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ToolHooks {
    /// The tool.
    pub tool: String,
    /// What keeps it from running them, and the line to change; empty where nothing does.
    pub off: Vec<String>,
}

/// Whether sandboxes can be made, and of what.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SandboxReport {
    /// Whether all that is needed is there. If not, nothing untrusted is ever run.
    pub isolates: bool,
    /// The part that is missing.
    pub missing: Option<MissingPart>,
    /// What holds a program, layer by layer, as it was found by building a sandbox; empty if it
    /// could not be built.
    pub layers: Vec<Layer>,
}

/// A part of the isolation that cannot be had.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MissingPart {
    /// Its name.
    pub part: String,
    /// What the system said.
    pub why: String,
    /// What helps.
    #[serde(default)]
    pub helps: String,
}

/// A container engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ContainerEngine {
    /// Its program.
    pub program: String,
    /// Whether it is here and answers.
    pub answers: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One layer of the isolation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    /// Its name.
    pub layer: String,
    /// How it is held.
    pub state: LayerState,
    /// By what, in words.
    pub by: String,
}

/// How a layer is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LayerState {
    /// As designed.
    Enforced,
    /// By the documented substitute.
    Substitute,
    /// Not there; the other layers do not rely on it.
    Absent,
}

/// A language's programs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Runtime {
    /// The program that stands for it.
    pub program: String,
    /// Its version; none where it is not there.
    pub version: Option<String>,
    /// Where it is.
    pub path: Option<String>,
}
