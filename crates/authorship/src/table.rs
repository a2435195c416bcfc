//! Reads the evidence tables that are embedded in the binary.
//!
//! A table that does not parse is empty rather than fatal; each table's own test keeps that from
//! ever being released.

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// Parses an embedded table; empty if it is broken.
pub(crate) fn embedded<T: DeserializeOwned + Default>(text: &str) -> T {
    toml::from_str(text).unwrap_or_default()
}

/// A digest of the tables by which contents and paths of files are read: answers that were found
/// with other tables may differ.
#[must_use]
pub fn digest() -> [u8; 32] {
    let mut hash = Sha256::new();
    for table in [
        crate::files::SOURCE,
        crate::files::LIBRARIES,
        crate::generated::SOURCE,
        crate::tools::SOURCE,
    ] {
        hash.update((table.len() as u64).to_le_bytes());
        hash.update(table);
    }
    hash.finalize().into()
}
