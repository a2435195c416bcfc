//! The tests of the public interface: the generated corpus against its floor, damaged and arbitrary bytes, and
//! what the fuzzers kept.
#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "tests may panic, and lists of samples are long"
)]

mod beside;
mod corpus;
mod hostile;
mod invariants;
mod limits;
mod replay;
mod verdicts;
