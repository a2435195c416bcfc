//! JSON that nobody vetted: what its values will cost in memory is estimated before they are made. Of a name that stands
//! twice readers differ in which value counts, so that both are kept.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Value};

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
    serde_json::from_slice::<Kept>(bytes)
        .or_else(|error| match without_constants(bytes) {
            Some(plain) => serde_json::from_slice(&plain),
            None => Err(error),
        })
        .map(|kept| kept.0)
        .map_err(|error| {
            if error.to_string().contains("recursion limit") {
                Unread::TooDeep
            } else {
                Unread::Broken(error)
            }
        })
}

/// The name under which the values of a name that stood again are kept: no loader asks for it.
const EARLIER: &str = "\0";

/// An object with what stood earlier under names that stand again.
pub(crate) fn with_earlier(mut object: Map<String, Value>, mut earlier: Vec<Value>) -> Value {
    if !earlier.is_empty() {
        earlier.extend(object.remove(EARLIER));
        object.insert(EARLIER.to_owned(), Value::Array(earlier));
    }
    Value::Object(object)
}

/// A value with all values of its names.
struct Kept(Value);

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Keeping).map(Self)
    }
}

struct Keeping;

impl<'de> Visitor<'de> for Keeping {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Kept(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut earlier = Vec::new();
        while let Some((name, Kept(value))) = members.next_entry::<String, Kept>()? {
            match object.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(mut place) => {
                    let name = place.key().clone();
                    let first = place.insert(value);
                    earlier.push(Value::Object(Map::from_iter([(name, first)])));
                }
            }
        }
        Ok(with_earlier(object, earlier))
    }
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
    fn all_values_of_a_name_are_kept() {
        let read = |text: &str| parse(&mut Inspection::new(1000), text.as_bytes()).unwrap();
        assert_eq!(
            read(r#"{"a": 1, "b": {"c": "x", "c": [2.5, -1]}, "a": null, "a": true}"#),
            serde_json::json!({"a": true, "b": {"c": [2.5, -1], "\0": [{"c": "x"}]}, "\0": [{"a": 1}, {"a": null}]})
        );
        // Nor does a file hide one under the same name.
        let read = read(r#"{"\u0000": {"x": 1}, "a": 1, "a": 2}"#);
        assert_eq!(read["\0"], serde_json::json!([{"a": 1}, {"x": 1}]));
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
