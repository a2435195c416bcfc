//! JSON as documents are written to files and pipes: indented, keys in the order of the schema,
//! one newline at the end. The types come from `trueline_facts`, which fixes the schema.

use serde::Serialize;

/// Writes a document.
///
/// A value that JSON cannot hold (no document of `trueline_facts` is one) becomes an object with one
/// `error` member, so that the reader sees what happened instead of an empty file.
#[must_use]
pub fn to_string<T: Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value)
        .unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }).to_string());
    text.push('\n');
    text
}
