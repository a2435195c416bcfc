//! Sandboxes as callers use them: what runs inside tries to get out, and says what happened.
//!
//! Where this machine cannot isolate, each test asserts that nothing was run and prints why.
//! Started as root, the whole suite runs a second time as an ordinary user.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it could not test"
)]

mod as_user;
mod escape;
mod lifetime;
mod limits;
mod machine;
mod network;
mod refusal;
mod streams;
mod submissions;
mod toolchains;
