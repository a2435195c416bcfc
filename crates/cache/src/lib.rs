//! Immutable checksummed segments of derived data.
//!
//! A segment is bytes under a kind and a key, in one file of its own. It is written aside in the
//! same directory, synced and renamed, so readers see all of it or nothing and writers need no
//! lock. Whatever is wrong with a file (another version, a cut, a flipped bit) makes it absent:
//! the caller computes again. This crate knows neither what the bytes mean nor git.

mod segment;
mod store;

pub use segment::{Key, KeyError, Kind};
pub use store::{Cache, CacheError, Candidate, DEFAULT_LIMIT_BYTES, user_directory};
