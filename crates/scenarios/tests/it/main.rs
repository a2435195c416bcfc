//! Behaviour of the engine, on small scenarios of its own.
//!
//! Where this machine cannot isolate, tests that need it assert the refusal and print why.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it could not test"
)]

mod format;
mod hostile;
mod learning;
mod proof;
mod told;
