//! Behaviour of the benchmark on two small scenarios, with scripts in the place of assistants.
//!
//! Where this machine cannot isolate, tests that judge code assert the refusal and print why.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it could not test"
)]

mod baxbench;
mod command;
mod openai;
mod runs;
mod world;
