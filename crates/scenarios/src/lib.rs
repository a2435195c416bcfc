//! Exercises: one format for people and for AI assistants, verdicts that the judged code cannot touch.
//!
//! A scenario (`format`, `scenario`) is vulnerable code with fixes, functional tests and exploits. `run` checks a
//! tree of files against the tests: the program in one sandbox, the tester in another, the judgement in this process.
//! `verify` proves a scenario by its own fixes and wrong fixes; `learn` is what a person does with it.

pub mod export;
pub mod format;
pub mod learn;
pub mod result;
pub mod run;
pub mod scenario;
pub mod tree;
pub mod verify;

pub use format::{Class, Interface, Language, Malformed, ScenarioId};
pub use result::{CheckReport, CheckStatus, ExploitOutcome};
pub use run::{CheckOptions, Ground, ask_for_runtimes, check, missing_runtime};
#[cfg(unix)]
pub use run::{Engine, container_image};
pub use scenario::{Catalogue, Scenario, ScenarioError};
pub use tree::{Tree, TreeError};
