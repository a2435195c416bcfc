//! Python beside a model, and the lists of servers and installers.

#![no_main]

#[path = "../../crates/artifacts/tests/it/invariants.rs"]
mod invariants;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use trueline_fuzz::{memory, mutate, words};

fuzz_target!(|data: &[u8]| trueline_fuzz::deep(|| {
    memory::bounded(|| invariants::check("python", data));
}));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, words::MODEL_CODE)
});
