//! TOML through `toml-span`, behind a count of brackets: its reader is recursive.

use toml_span::value::ValueInner;

use super::{Broken, Key, MAX_DEPTH, Node, Value};
use crate::text::floor;

pub(super) fn parse(text: &str) -> Result<Node, Broken> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Broken {
                at: floor(text, at),
                why: "it nests too deeply",
            });
        }
    }
    let mut document = toml_span::parse(text).map_err(|error| Broken {
        at: floor(text, error.span.start),
        why: "it is no TOML",
    })?;
    node(text, &mut document, 0)
}

fn node(text: &str, from: &mut toml_span::Value<'_>, depth: usize) -> Result<Node, Broken> {
    let start = floor(text, from.span.start);
    let end = floor(text, from.span.end).max(start);
    if depth > MAX_DEPTH {
        return Err(Broken {
            at: start,
            why: "it nests too deeply",
        });
    }
    let value = match from.take() {
        ValueInner::String(text) => Value::Text(text.into_owned()),
        ValueInner::Boolean(value) => Value::Bool(value),
        ValueInner::Integer(value) => Value::Number(value.to_string()),
        ValueInner::Float(value) => Value::Number(value.to_string()),
        ValueInner::Array(items) => Value::List(
            items
                .into_iter()
                .map(|mut item| node(text, &mut item, depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        ValueInner::Table(table) => {
            let mut entries = Vec::new();
            for (key, mut below) in table {
                let start = floor(text, key.span.start);
                let end = floor(text, key.span.end).max(start);
                entries.push((
                    Key {
                        name: key.name.into_owned(),
                        start,
                        end,
                    },
                    node(text, &mut below, depth + 1)?,
                ));
            }
            // The table is sorted by name; a reader of findings goes by place.
            entries.sort_by_key(|(key, _)| key.start);
            Value::Map(entries)
        }
    };
    Ok(Node { start, end, value })
}
