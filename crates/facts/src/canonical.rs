//! Canonical JSON (RFC 8785): the same document is the same bytes, whoever wrote it.
//!
//! Verdicts name policies and change documents by the digest of this form, and attestations are signed in it.

use serde::Serialize;
use serde_json::Value;

use crate::attestation::Digest;

/// Integers beyond are not the same number in every reader of JSON.
const LARGEST_INTEGER: u64 = 1 << 53;

/// A value in canonical form.
///
/// Integers that a double does not hold are refused: RFC 8785 wants them as text, and a reader might see another number.
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    let value = serde_json::to_value(value).map_err(|e| e.to_string())?;
    exact(&value)?;
    serde_json_canonicalizer::to_vec(&value).map_err(|e| e.to_string())
}

/// The digest of a document's canonical form.
pub fn digest<T: Serialize>(document: &T) -> Result<Digest, String> {
    to_bytes(document).map(|bytes| Digest::of(&bytes))
}

/// Reads a document that must be in canonical form, byte for byte: no blanks, no doubled keys, nothing after it.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| format!("no JSON: {e}"))?;
    if to_bytes(&value)? == bytes {
        Ok(value)
    } else {
        Err("not in canonical form (RFC 8785)".to_owned())
    }
}

/// The nesting is bounded by the reader of JSON, which refuses more than 128 levels.
fn exact(value: &Value) -> Result<(), String> {
    match value {
        Value::Number(number) => {
            let whole = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs));
            match whole {
                Some(whole) if whole <= LARGEST_INTEGER => Ok(()),
                // A double without a fraction is written as an integer, and read back as one.
                None if number.as_f64().is_some_and(|n| {
                    n.fract() != 0.0 || n.abs() <= LARGEST_INTEGER as f64 || n.abs() >= 1e21
                }) =>
                {
                    Ok(())
                }
                _ => Err(format!("{number} is no number that JSON readers agree on")),
            }
        }
        Value::Array(items) => items.iter().try_for_each(exact),
        Value::Object(members) => members.values().try_for_each(exact),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        let value: Value = serde_json::from_str(text).unwrap();
        String::from_utf8(to_bytes(&value).unwrap()).unwrap()
    }

    #[test]
    fn numbers_keys_and_text_are_written_as_rfc_8785_asks() {
        // Keys by UTF-16 units: U+1F600 (surrogates from D83D) comes before U+FB33.
        let sorted = canonical(
            "{\"\u{20ac}\":1,\"\\r\":2,\"\u{fb33}\":3,\"1\":4,\"\u{1f600}\":5,\"\u{80}\":6,\"\u{f6}\":7}",
        );
        assert_eq!(
            sorted,
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
        assert_eq!(
            canonical("[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0.0]"),
            "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]"
        );
        assert_eq!(
            canonical(r#""\u000f\u000aA\u0008\/\\""#),
            r#""\u000f\nA\b/\\""#
        );
    }

    #[test]
    fn an_integer_that_readers_disagree_on_is_refused() {
        let at_limit: Value = serde_json::from_str("9007199254740992").unwrap();
        assert!(to_bytes(&at_limit).is_ok());
        let beyond: Value = serde_json::from_str("[-9007199254740993]").unwrap();
        assert!(to_bytes(&beyond).is_err());
    }

    #[test]
    fn only_the_canonical_form_is_read() {
        assert!(parse(b"{\"a\":1,\"b\":[]}").is_ok());
        for other in [
            "{\"a\": 1}",
            "{\"b\":1,\"a\":1}",
            "{\"a\":1,\"a\":1}",
            "{}\n",
            "1.0",
        ] {
            assert!(parse(other.as_bytes()).is_err(), "{other}");
        }
    }
}
