//! Read git once, for all files: the origin of every line, usage, health and anomalies.
//!
//! `walk` finds the commit, path and line that each line of HEAD came from; `evidence` fuses
//! notes, traces, trailers and identities into an origin per line; `signals` turns the same
//! tables into usage, health, shadow AI and the pipeline map. Git is read with `gix`; the `git`
//! program is run only to write notes.

pub mod began;
pub mod content;
pub mod declare;
pub mod evidence;
pub mod graph;
mod mailmap;
pub mod model;
mod names;
mod persist;
pub mod range;
pub mod repository;
pub mod signals;
pub mod steps;
pub mod subject;
pub mod walk;
pub mod worktree;

pub use gix::ObjectId;
pub use names::is_binary_name;
pub use repository::HistoryError;
