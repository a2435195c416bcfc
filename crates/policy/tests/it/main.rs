//! What policies say, and what they refuse to say.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may fail as the test does"
)]

mod cases;
mod exceptions;
mod mutations;
mod past;
mod reading;
mod verdicts;
