//! What the skill model promises: right numbers, honest intervals, fairness, privacy. They look inside; what other
//! crates can see is tested from there (`tests/it`).

mod fairness;
mod gaming;
mod intervals;
mod monotone;
mod order;
mod privacy;
mod records;
mod replay;
mod retention;
mod scheduling;
mod store;
mod update;
mod weaknesses;
mod without;
mod world;
