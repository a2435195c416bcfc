//! Projects of up to six files, in any language, to all rules.

#![no_main]

#[path = "../../crates/taint/tests/it/invariants.rs"]
mod invariants;

use std::sync::OnceLock;

use invariants::Fixture;
use libfuzzer_sys::{fuzz_crossover, fuzz_mutator, fuzz_target};
use trueline_fuzz::{mutate, words};

static FIXTURE: OnceLock<Fixture> = OnceLock::new();

fuzz_target!(|data: &[u8]| invariants::check(FIXTURE.get_or_init(Fixture::new), data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, words::of_archive(&data[..size]))
});

fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    mutate::crossover(one, other, out, seed)
});
