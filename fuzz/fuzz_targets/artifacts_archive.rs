//! Zip, tar and 7z archives, compressed bytes.

#![no_main]

#[path = "../../crates/artifacts/tests/it/invariants.rs"]
mod invariants;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use trueline_fuzz::{memory, tar};

fuzz_target!(|data: &[u8]| memory::bounded(|| invariants::check("archive", data)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, _seed: u32| {
    tar::mutate(data, size, max_size)
});
