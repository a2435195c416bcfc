//! What a hook does when a tool starts it: read, record, let the agent go on.
//!
//! Nothing that happens here may stop an agent: whatever is wrong with a payload, the repository or
//! the disk, the answer is the tool's own way of saying yes.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::observe;
use crate::payload::{self, Dialect, LARGEST_PAYLOAD};

/// Records what a tool tells; what is to be printed so that it goes on.
pub fn run(dialect: Dialect, payload: impl Read, here: &Path) -> &'static str {
    // A fault of ours must not become the agent's: a panic is dropped like any other failure.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let mut bytes = Vec::new();
        if payload
            .take(LARGEST_PAYLOAD)
            .read_to_end(&mut bytes)
            .is_ok()
        {
            let events = payload::parse(dialect, &bytes, here);
            observe::observe(&events);
        }
    }));
    dialect.go_on()
}
