//! SARIF 2.1.0, typed: write our findings, read anyone's.
//!
//! Writing obeys the limits of GitHub code scanning and says what it left out. Reading takes a log
//! from any tool, of any size up to a limit, and turns each result into a finding of that tool;
//! what cannot be understood becomes a diagnostic. Text in, text out: no I/O.

mod line_hash;
mod log;
mod message;
mod read;
mod uri;
mod verdict;
mod write;

pub use line_hash::line_hashes;
pub use read::{Imported, OWN_LOG, ReadError, ToolRule, ToolText, read};
pub use verdict::{GATE_ENGINE, write_verdict};
pub use write::{RuleText, Said, write, write_with};
