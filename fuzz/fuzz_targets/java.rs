//! Any bytes to the Java front end.

#![no_main]

#[path = "../../crates/syntax/tests/it/invariants.rs"]
mod invariants;

use libfuzzer_sys::{fuzz_crossover, fuzz_mutator, fuzz_target};
use trueline_fuzz::{mutate, words};
use trueline_syntax::ir::Language;

fuzz_target!(|data: &[u8]| trueline_fuzz::deep(|| invariants::check(Language::Java, data)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, words::JAVA)
});

fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
    mutate::crossover(one, other, out, seed)
});
