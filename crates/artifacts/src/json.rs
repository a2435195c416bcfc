//! JSON that nobody vetted: what its values will cost in memory is estimated before they are made.

use serde_json::Value;

use crate::inspection::Inspection;

/// Bytes of a value, of a list and of an object with members, as `serde_json` makes them.
const VALUE: u64 = 48;
const LIST: u64 = 128;
const OBJECT: u64 = 640;

/// Why a document was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// More values than a file of its size should have.
    #[error("there are more values than are made of a file of this size")]
    TooMuch,
    /// Parsers that recurse overflow.
    #[error("it nests too deep")]
    TooDeep,
    /// No JSON.
    #[error("{0}")]
    Broken(serde_json::Error),
}

/// Parses a document within the memory that the inspected file allows.
pub(crate) fn parse(inspection: &mut Inspection, bytes: &[u8]) -> Result<Value, Unread> {
    let left = inspection.json_left.checked_sub(bytes.len() as u64);
    inspection.json_left = left.unwrap_or_default();
    if left.is_none() {
        return Err(Unread::TooMuch);
    }
    check(inspection, bytes)?;
    serde_json::from_slice(bytes)
        .or_else(|error| match without_constants(bytes) {
            Some(plain) => serde_json::from_slice(&plain),
            None => Err(error),
        })
        .map_err(|error| {
            if error.to_string().contains("recursion limit") {
                Unread::TooDeep
            } else {
                Unread::Broken(error)
            }
        })
}

/// Would its values take more memory than the inspected file allows?
pub(crate) fn check(inspection: &Inspection, bytes: &[u8]) -> Result<(), Unread> {
    if cost(bytes) > inspection.value_bytes() {
        return Err(Unread::TooMuch);
    }
    Ok(())
}

/// The document with `null` for the numbers that Python reads and the format does not have, if it has any.
fn without_constants(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let mut kept = 0;
    let mut in_text = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_text => at += 1,
            b'"' => in_text = !in_text,
            b'N' | b'I' | b'-' if !in_text => {
                let constant = [&b"NaN"[..], b"Infinity", b"-Infinity"];
                if let Some(constant) = constant.iter().find(|c| bytes[at..].starts_with(c)) {
                    plain.extend_from_slice(&bytes[kept..at]);
                    plain.extend_from_slice(b"null");
                    at += constant.len();
                    kept = at;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    (kept > 0).then(|| {
        plain.extend_from_slice(&bytes[kept..]);
        plain
    })
}

/// Bytes that the values take, about.
fn cost(bytes: &[u8]) -> u64 {
    let mut cost = bytes.len() as u64;
    let mut in_text = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_text => at += 1,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b',' | b':' => cost += VALUE,
            b'[' => cost += LIST,
            b'{' if bytes.get(at + 1) != Some(&b'}') => cost += OBJECT,
            _ => {}
        }
        at += 1;
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_only_python_reads_do_not_hide_the_rest() {
        let mut inspection = Inspection::new(1000);
        let read = parse(
            &mut inspection,
            br#"{"a": [NaN, -Infinity], "b": "\"NaN", "c": 1}"#,
        )
        .unwrap();
        assert_eq!(
            read,
            serde_json::json!({"a": [null, null], "b": "\"NaN", "c": 1})
        );
        assert!(parse(&mut inspection, b"[NaN, nan]").is_err());
    }

    #[test]
    fn a_small_file_does_not_unpack_to_very_many_values() {
        let mut inspection = Inspection::new(1000);
        let few = parse(&mut inspection, br#"{"a": [1, "x, {[", {}]}"#).unwrap();
        assert_eq!(few["a"][1], "x, {[");
        let many = format!("[{}0]", "{\"a\":0},".repeat(1 << 19));
        assert!(matches!(
            parse(&mut inspection, many.as_bytes()),
            Err(Unread::TooMuch)
        ));
        assert!(parse(&mut Inspection::new(1 << 30), many.as_bytes()).is_ok());
    }
}
