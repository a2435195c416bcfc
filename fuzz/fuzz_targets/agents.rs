//! Rules files, skills, MCP configuration, tools and servers' sources, up to six files at once.

#![no_main]

#[path = "../../crates/agents/tests/it/invariants.rs"]
mod invariants;

use libfuzzer_sys::fuzz_target;
use trueline_fuzz::memory;

fuzz_target!(|data: &[u8]| memory::bounded(|| invariants::hold(data)));
