//! A YAML document as values, from the events of `saphyr-parser`: anchors, merges, folded texts and tags under
//! handles are what a loader makes of them. Nothing recurses; sizes are bounded.

use rustc_hash::{FxHashMap, FxHashSet};
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

use crate::json::with_earlier;

/// Collections in collections.
const MAX_DEPTH: usize = 128;
/// Bytes that a value takes, about; a name that stands for another text takes its bytes again.
const VALUE: u64 = 192;
/// Kinds of tags whose places are told.
const MAX_TAGS: usize = 100;

/// What a text holds.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) documents: Vec<Value>,
    /// Tags in full, and the byte where each stands.
    pub(super) tags: Vec<(String, u64)>,
    /// There were more tags than are kept.
    pub(super) more_tags: bool,
    pub(super) ending: Ending,
}

/// Was it read to its end?
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Ending {
    #[default]
    Whole,
    /// No YAML from some place on.
    Broken,
    /// Deeper than any configuration is.
    TooDeep,
    /// More values than a file of its size should have.
    TooMuch,
}

/// A collection that is not closed yet.
enum Open {
    List(Vec<Value>),
    Map {
        entries: Map<String, Value>,
        key: Option<String>,
        /// What stood under a key that stands again: loaders differ in which one counts.
        earlier: Vec<Value>,
    },
}

/// Reads all documents; values may take so many bytes.
pub(super) fn read(text: &str, budget: u64) -> Tree {
    let mut tree = Tree::default();
    let mut left = budget;
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: FxHashMap<usize, String> = FxHashMap::default();
    for event in Parser::new_from_str(text).keep_tags(true) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                // The parser counts flow collections before it gives them out.
                let is_deep = error.info().contains("recursion limit");
                tree.ending = if is_deep {
                    Ending::TooDeep
                } else {
                    Ending::Broken
                };
                break;
            }
        };
        let cost = match &event {
            Event::Scalar(scalar, ..) => VALUE + scalar.len() as u64,
            Event::Alias(id) => VALUE + anchors.get(id).map_or(0, String::len) as u64,
            _ => VALUE,
        };
        let Some(rest) = left.checked_sub(cost) else {
            tree.ending = Ending::TooMuch;
            break;
        };
        left = rest;
        if let Event::Scalar(.., Some(tag))
        | Event::SequenceStart(_, Some(tag))
        | Event::MappingStart(_, Some(tag)) = &event
        {
            let full = format!("{}{}", tag.handle, tag.suffix);
            // Each once: the same one very often may not hide another.
            let is_kept = full.contains("python/")
                || super::made(&full).is_some()
                || super::foreign::of(&full).is_some();
            let is_new = is_kept && !seen.contains(&full);
            if is_new && tree.tags.len() >= MAX_TAGS {
                tree.more_tags = true;
            } else if is_new {
                seen.insert(full.clone());
                let at = text.char_indices().nth(span.start.index());
                tree.tags.push((full, at.map_or(0, |(at, _)| at as u64)));
            }
        }
        let done = match event {
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= MAX_DEPTH => {
                tree.ending = Ending::TooDeep;
                break;
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map {
                    entries: Map::new(),
                    key: None,
                    earlier: Vec::new(),
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => value_of(closed),
                None => continue,
            },
            Event::Scalar(scalar, style, anchor, _) => {
                if anchor != 0 {
                    anchors.insert(anchor, scalar.to_string());
                }
                scalar_of(scalar.into_owned(), style)
            }
            // A collection was looked at where its anchor stands.
            Event::Alias(anchor) => anchors
                .get(&anchor)
                .map_or(Value::Null, |text| Value::String(text.clone())),
            _ => continue,
        };
        put(&mut tree, &mut open, done);
    }
    // What is open when the text breaks off counts as well.
    while let Some(closed) = open.pop() {
        let value = value_of(closed);
        put(&mut tree, &mut open, value);
    }
    tree
}

fn put(tree: &mut Tree, open: &mut [Open], done: Value) {
    match open.last_mut() {
        None => tree.documents.push(done),
        Some(Open::List(items)) => items.push(done),
        Some(Open::Map {
            entries,
            key,
            earlier,
        }) => match key.take() {
            Some(name) => {
                if let Some(first) = entries.insert(name.clone(), done) {
                    earlier.push(Value::Object(Map::from_iter([(name, first)])));
                }
            }
            None => {
                *key = Some(match done {
                    Value::String(name) => name,
                    other => {
                        // A collection as a key holds texts too.
                        earlier.push(other);
                        String::new()
                    }
                });
            }
        },
    }
}

fn value_of(closed: Open) -> Value {
    match closed {
        Open::List(items) => Value::Array(items),
        Open::Map {
            entries, earlier, ..
        } => with_earlier(entries, earlier),
    }
}

fn scalar_of(text: String, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text);
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "on" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "off" => Value::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::String(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn whole(text: &str) -> Value {
        let mut tree = read(text, 1 << 20);
        assert_eq!(tree.ending, Ending::Whole, "{text}");
        tree.documents.remove(0)
    }

    #[test]
    fn names_stand_for_what_their_anchors_hold() {
        let value = whole("a: &x os.system\nb: {<<: {c: *x}}\nd:\n  ? e\n  : *x\n");
        assert_eq!(
            value,
            json!({"a": "os.system", "b": {"<<": {"c": "os.system"}}, "d": {"e": "os.system"}})
        );
        assert_eq!(
            whole("a: \"os.\\\n   system\"\n"),
            json!({"a": "os.system"})
        );
        assert_eq!(whole("a: 1\na: 2\n"), json!({"a": 2, "\0": [{"a": 1}]}));
    }

    #[test]
    fn tags_are_told_in_full_and_where_they_stand() {
        let tree = read(
            "%TAG !p! tag:yaml.org,2002:python/object/\n---\nä: !p!apply:os.system [x]\n",
            1 << 20,
        );
        let (tag, at) = &tree.tags[0];
        assert_eq!(tag, "tag:yaml.org,2002:python/object/apply:os.system");
        assert_eq!(*at, 50);
    }

    #[test]
    fn what_is_too_deep_too_much_or_broken_says_so() {
        assert_eq!(read(&"[".repeat(1000), 1 << 20).ending, Ending::TooDeep);
        assert_eq!(read(&"- a\n".repeat(1000), 1 << 16).ending, Ending::TooMuch);
        let tree = read("a: {b: c}\nd: [1, 2\n", 1 << 20);
        assert_eq!(tree.ending, Ending::Broken);
        assert_eq!(tree.documents[0]["a"]["b"], "c");
    }
}
