//! The server as a client of the protocol sees it: real repositories, the SDK's own client, in one process.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod session;
mod tools;
