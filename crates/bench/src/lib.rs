//! The benchmark of AI assistants: the exercises of `scenarios` as tasks, in four modes.
//!
//! An adapter ([`adapter`]) asks an assistant, what it answers is recorded ([`record`]), judged by the same sandboxed
//! run that judges learners ([`run`]), and measured with intervals ([`measure`], [`summary`]). [`baxbench`] reads and
//! writes the result trees of that benchmark. Records are written aside and renamed, so a run goes on after a crash.

pub mod adapter;
pub mod baxbench;
mod error;
mod flags;
pub mod measure;
pub mod record;
mod resist;
pub mod run;
pub mod summary;
pub mod task;

pub use error::BenchError;
