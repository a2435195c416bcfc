//! Capture through its own interface, in real repositories.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod kill;
