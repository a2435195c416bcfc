//! Model files, checked at the binary level: what would loading one do, and how sure is that?
//!
//! Content decides, not the name; calls decide, not imports; what cannot be read is never called clean. Nothing
//! is executed and no framework is needed. Bytes come from files by positioned reads; records of
//! `trueline_facts::artifact` go out.

mod check;
mod encoding;
mod inspection;
mod names;
mod pickle;
mod sniff;
mod source;
mod technique;

pub use check::{CheckError, check_bytes, check_file};
pub use source::ReadAt;
