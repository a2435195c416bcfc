//! The check of what steers agents, from its public side: the rules' own examples, what holds of any input, what the
//! fuzzer kept.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod invariants;
mod replay;
mod rules;
