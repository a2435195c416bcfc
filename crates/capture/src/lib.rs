//! Record origin where code is born: take agents' hook events, write authorship notes, and carry
//! them through rewrites of history.
//!
//! A hook's payload becomes typed events (`payload`, `event`); what they show in the work tree is
//! appended to a local queue (`observe`, `queue`); when something was committed, the queue becomes a
//! git-ai note (`settle`), which rewrites of history carry along (`rewrite`). Contents and prompts
//! are not kept: files are lists of keyed line hashes. Notes are written by the `git` program.

pub mod classes;
mod continuity;
pub mod event;
mod exercise;
pub mod hook;
pub mod ignored;
pub mod install;
mod ledger;
mod lines;
mod notes;
mod objects;
mod observe;
pub mod payload;
mod pending;
mod place;
mod queue;
mod rest;
mod rewrite;
mod settle;
mod shell;
mod signed;
mod snapshot;
mod staged;
mod stat;
mod status;
mod trace;
mod untracked;
mod worktree;

pub use notes::{Merged, NotesError};
pub use objects::NOTES_REF;
pub use observe::{Detector, observe};
pub use pending::{Pending, pending};
pub use place::Place;
pub use rest::finish_rest;
pub use rewrite::{
    LARGEST_INPUT, RangeError, merge_notes, post_commit, post_merge, post_rewrite, share_notes,
    squash,
};
pub use settle::{SettleError, Settled, settle, watch};
pub use signed::{Noted, commits_of, git_setting, notes_of, replace_note};
pub use status::{Status, note_trouble, status};
