//! Places in somebody's own lines where a weakness could have come in: what a count of them is worth.
//!
//! A place is *exposed* if a rule knows a sink there, safe or not. How many confirmed weaknesses are to be expected of so
//! many places depends on what the scanner can see; without that, languages with a better scanner would look worse.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use trueline_facts::skill::Language;

/// Logarithm of the rate of confirmed weaknesses per exposed place of somebody with logit 0: one in twenty. A start
/// value, the same for everybody.
pub const LOG_BASE_RATE: f64 = -3.0;

/// Share of weaknesses that the scanner finds in a language: measured for Python and Java on the public benchmarks
/// that docs/METHODS.md names, a cautious start value elsewhere.
#[must_use]
pub const fn detection(language: Language) -> f64 {
    match language {
        Language::Python => 0.79,
        Language::Java => 0.77,
        _ => 0.6,
    }
}

/// What a commit is known by: it survives a rebase, and says neither who wrote it nor when to whoever has not the
/// repository.
#[must_use]
pub fn key(author: &str, written_at: &str, subject: &str) -> String {
    let mut hash = Sha256::new();
    for part in ["trueline change/1", author, written_at, subject] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()[..16])
}

/// What several commits are known by together, in any order.
#[must_use]
pub fn key_of_all(keys: &[String]) -> String {
    let mut keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    keys.sort_unstable();
    key("", "", &keys.join(" "))
}
