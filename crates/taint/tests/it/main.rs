//! What the engine finds, leaves alone and says.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may fail as the test does"
)]

mod components;
mod controls;
mod engine;
mod fixes;
mod growth;
mod invariants;
mod markdown;
mod passed;
mod projects;
mod replay;
mod rules;
