//! TFLite.

#![no_main]

#[path = "../../crates/artifacts/tests/it/invariants.rs"]
mod invariants;

use libfuzzer_sys::fuzz_target;
use trueline_fuzz::memory;

fuzz_target!(|data: &[u8]| memory::bounded(|| invariants::check("flatbuffer", data)));
