//! Runs untrusted code in isolation, or refuses.
//!
//! A [`Spec`] says what to run and what it may see; [`spawn`] starts it and gives a [`Running`],
//! whose [`Outcome`] says how it ended and which limits it met. Isolation is made of namespaces,
//! a root of its own, landlock, seccomp and limits; where a part of it cannot be had, nothing is
//! run and the [`Refusal`] names the part. Nothing here degrades silently.
//!
//! The process that builds the sandbox (the launcher) is this very program, started again with an
//! empty environment: a program that uses this crate calls [`launch_if_asked`] first thing in
//! `main`. A program that cannot (a test runner) names another one by [`set_launcher`].

#![cfg_attr(
    not(target_os = "linux"),
    expect(
        dead_code,
        reason = "specifications are written everywhere and carried out on Linux"
    )
)]

#[cfg(target_os = "linux")]
mod cgroup;
#[cfg(target_os = "linux")]
mod compose;
mod error;
mod identity;
mod isolation;
#[cfg(target_os = "linux")]
mod launch;
mod outcome;
mod own;
#[cfg(target_os = "linux")]
mod plan;
mod run_dir;
mod running;
mod spec;
mod toolchain;

pub use error::SandboxError;
pub use identity::Identity;
pub use isolation::{Isolation, MemoryLimiter, Part, PidsLimiter, Refusal, probe};
pub use outcome::{Captured, LimitHit, Outcome, Status};
pub use own::limit_self;
pub use run_dir::{Budget, RunDir, Scratch};
pub use running::{NetworkHandle, Running, launch_if_asked, run, set_launcher, spawn};
pub use spec::{CHANNEL, Limits, Network, Quota, Spec};
pub use toolchain::{Language, Toolchain};
