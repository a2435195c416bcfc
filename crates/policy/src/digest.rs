//! Canonical JSON (RFC 8785) and its SHA-256: what verdicts and attestations name documents by.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// `sha256:` and the digest of a document's canonical JSON.
pub fn digest<T: Serialize>(document: &T) -> Result<String, serde_json::Error> {
    let canonical = canonical(&serde_json::to_value(document)?);
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(canonical.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// A value in the one form that RFC 8785 gives it: keys by their UTF-16 units, no blanks. Our
/// documents hold whole numbers and short decimals only, which `serde_json` writes as the RFC does.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (at, key) in keys.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                scalar(&Value::String(key.clone()), out);
                out.push(':');
                if let Some(inner) = map.get(key) {
                    write(inner, out);
                }
            }
            out.push('}');
        }
        _ => scalar(value, out),
    }
}

fn scalar(value: &Value, out: &mut String) {
    // Texts and numbers always have a JSON form.
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ordered_by_utf_16_and_nothing_is_blank() {
        let value: Value = serde_json::from_str(
            "{ \"b\": [1, 2.5, null], \"\\ufb33\": 1, \"\\ud83d\\ude00\": \"\\n\", \"a\": {} }",
        )
        .unwrap();
        assert_eq!(
            canonical(&value),
            "{\"a\":{},\"b\":[1,2.5,null],\"\u{1f600}\":\"\\n\",\"\u{fb33}\":1}"
        );
    }
}
