//! What a hook does when a tool starts it: read, record, tell what it was about.
//!
//! Nothing that happens here may stop an agent: whatever is wrong with a payload, the repository or
//! the disk, it gives back what it understood, which may be nothing.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::event::Event;
use crate::observe::{self, Detector};
use crate::payload::{self, Dialect, LARGEST_PAYLOAD};

/// What a tool told.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// As it came; empty if it could not be read.
    pub payload: Vec<u8>,
    /// What was understood of it.
    pub events: Vec<Event>,
}

/// Reads what a tool tells and records it. `holds_secret` looks at what the agent is about to read.
#[must_use]
pub fn run(
    dialect: Dialect,
    payload: impl Read,
    here: &Path,
    holds_secret: Option<Detector>,
) -> Told {
    let mut told = Told::default();
    // A fault of ours must not become the agent's: a panic is dropped like any other failure.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let mut bytes = Vec::new();
        if payload
            .take(LARGEST_PAYLOAD)
            .read_to_end(&mut bytes)
            .is_ok()
        {
            told.payload = bytes;
            told.events = payload::parse(dialect, &told.payload, here);
            observe::observe(&told.events, holds_secret);
        }
    }));
    told
}
