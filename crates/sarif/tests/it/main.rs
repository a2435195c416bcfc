//! SARIF in and out: other tools' shapes are read, ours is written and read back.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod read;
mod write;
