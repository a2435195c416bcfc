//! What the skill model promises: right numbers, honest intervals, fairness, privacy.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fairness;
mod gaming;
mod intervals;
mod monotone;
mod privacy;
mod records;
mod replay;
mod retention;
mod scheduling;
mod store;
mod update;
mod weaknesses;
mod world;
