//! YAML through the events of `saphyr-parser`; the tree is built on a stack of its own. The first document counts.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{Broken, Key, MAX_DEPTH, Node, Value};

/// More events than that are refused.
const MAX_EVENTS: usize = 200_000;

pub(super) fn parse(text: &str) -> Result<Node, Broken> {
    let bytes = Bytes::new(text);
    let mut stack: Vec<Open> = Vec::new();
    let mut anchors: Vec<(usize, Node)> = Vec::new();
    for (count, event) in Parser::new_from_str(text).enumerate() {
        let (event, span) = event.map_err(|error| Broken {
            at: bytes.at(error.marker().index()),
            why: "it is no YAML",
        })?;
        let (start, end) = bytes.of(&span);
        if count > MAX_EVENTS {
            return Err(Broken {
                at: start,
                why: "it is too long",
            });
        }
        let done = match event {
            Event::MappingStart(anchor, _) | Event::SequenceStart(anchor, _)
                if stack.len() > MAX_DEPTH =>
            {
                let _ = anchor;
                return Err(Broken {
                    at: start,
                    why: "it nests too deeply",
                });
            }
            Event::MappingStart(..) => {
                stack.push(Open {
                    start,
                    kind: OpenKind::Map(Vec::new(), None),
                });
                continue;
            }
            Event::SequenceStart(..) => {
                stack.push(Open {
                    start,
                    kind: OpenKind::List(Vec::new()),
                });
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let Some(open) = stack.pop() else { continue };
                let value = match open.kind {
                    OpenKind::Map(entries, _) => Value::Map(entries),
                    OpenKind::List(items) => Value::List(items),
                };
                Node {
                    start: open.start,
                    end: end.max(open.start),
                    value,
                }
            }
            Event::Scalar(scalar, style, anchor, _) => {
                let node = Node {
                    start,
                    end,
                    value: scalar_value(scalar.into_owned(), style),
                };
                if anchor != 0 {
                    anchors.push((anchor, node.clone()));
                }
                node
            }
            Event::Alias(anchor) => {
                let meant = anchors.iter().rev().find(|(id, _)| *id == anchor);
                Node {
                    start,
                    end,
                    value: meant.map_or(Value::Null, |(_, node)| node.value.clone()),
                }
            }
            Event::DocumentEnd => break,
            _ => continue,
        };
        match stack.last_mut().map(|open| &mut open.kind) {
            None => return Ok(done),
            Some(OpenKind::List(items)) => items.push(done),
            Some(OpenKind::Map(entries, waiting)) => {
                if let Some(key) = waiting.take() {
                    entries.push((key, done));
                } else {
                    let name = match done.value {
                        Value::Text(name) | Value::Number(name) => name,
                        Value::Bool(value) => value.to_string(),
                        _ => String::new(),
                    };
                    *waiting = Some(Key {
                        name,
                        start: done.start,
                        end: done.end,
                    });
                }
            }
        }
    }
    Ok(Node {
        start: 0,
        end: 0,
        value: Value::Null,
    })
}

struct Open {
    start: usize,
    kind: OpenKind,
}

enum OpenKind {
    Map(Vec<(Key, Node)>, Option<Key>),
    List(Vec<Node>),
}

fn scalar_value(text: String, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text);
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        // `on` and `off` are words of YAML 1.1 that forges read as text: a workflow's key is `on`.
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if text.parse::<f64>().is_ok() => Value::Number(text),
        _ => Value::Text(text),
    }
}

/// The parser counts characters; places are bytes.
struct Bytes {
    /// Empty where every character is one byte.
    starts: Vec<usize>,
    length: usize,
}

impl Bytes {
    fn new(text: &str) -> Self {
        let starts = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| at).collect()
        };
        Self {
            starts,
            length: text.len(),
        }
    }

    fn at(&self, character: usize) -> usize {
        if self.starts.is_empty() {
            character.min(self.length)
        } else {
            self.starts.get(character).copied().unwrap_or(self.length)
        }
    }

    fn of(&self, span: &Span) -> (usize, usize) {
        let start = self.at(span.start.index());
        (start, self.at(span.end.index()).max(start))
    }
}
