//! Symbolic values as Python would write them, short enough to read.

use std::fmt::Write;

use super::machine::Machine;
use super::value::{Kind, Node, Text, Value};
use crate::inspection::{printable, shorten};

const MAX_DEPTH: usize = 4;
const MAX_ITEMS: usize = 6;
const MAX_TEXT: usize = 120;

impl Machine {
    /// `callee(args)`.
    pub(super) fn show_call(&self, callee: Value, args: &[Value]) -> String {
        // A pickle may call very often: what is said twice is not worth the work.
        let Some(left) = self.shows_left.get().checked_sub(1) else {
            return format!("{}(…)", self.show(callee, MAX_DEPTH));
        };
        self.shows_left.set(left);
        let mut parts: Vec<String> = args
            .iter()
            .take(MAX_ITEMS)
            .map(|arg| self.show(*arg, 1))
            .collect();
        if args.len() > MAX_ITEMS {
            parts.push("…".to_owned());
        }
        format!("{}({})", self.show(callee, 1), parts.join(", "))
    }

    pub(super) fn show(&self, value: Value, depth: usize) -> String {
        if depth > MAX_DEPTH {
            return "…".to_owned();
        }
        match value {
            Value::None => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Opaque | Value::Dropped => "?".to_owned(),
            Value::Span { kind, len, at } => {
                let head = self.cursor.bytes(at, (len as usize).min(4 * MAX_TEXT));
                quoted(kind, &head, len as usize > head.len())
            }
            Value::Made { kind, index } => {
                let bytes = self.made.get(index as usize).map_or(&[][..], |b| b);
                let head = &bytes[..bytes.len().min(4 * MAX_TEXT)];
                quoted(kind, head, bytes.len() > head.len())
            }
            Value::Node(_) => self.show_node(value, depth),
        }
    }

    fn show_node(&self, value: Value, depth: usize) -> String {
        match self.get_node(value) {
            Some(Node::Global { module, name }) => {
                let full = if name.is_empty() {
                    module.to_string()
                } else {
                    format!("{module}.{name}")
                };
                shorten(&printable(&full), MAX_TEXT)
            }
            Some(Node::Container { kind, items, cut }) => {
                self.show_items(*kind, items, *cut, depth)
            }
            Some(Node::Call(called)) => {
                let args: Vec<String> = called
                    .args
                    .iter()
                    .take(MAX_ITEMS)
                    .map(|arg| self.show(*arg, depth + 1))
                    .collect();
                format!(
                    "{}({})",
                    self.show(called.callee, depth + 1),
                    args.join(", ")
                )
            }
            Some(Node::Partial { callee, args, .. }) => {
                let mut parts = vec![self.show(*callee, depth + 1)];
                parts.extend(
                    args.iter()
                        .take(MAX_ITEMS)
                        .map(|a| self.show(*a, depth + 1)),
                );
                format!("partial({})", parts.join(", "))
            }
            Some(Node::Attribute { of, name }) => {
                format!("{}.{}", self.show(*of, depth + 1), printable(name))
            }
            Some(Node::Persistent(_)) => "persistent_load(…)".to_owned(),
            Some(Node::Freed) | None => "?".to_owned(),
        }
    }

    fn show_items(&self, kind: Kind, items: &[Value], cut: bool, depth: usize) -> String {
        let mut parts: Vec<String> = if kind == Kind::Dict {
            items
                .chunks_exact(2)
                .take(MAX_ITEMS)
                .map(|pair| {
                    format!(
                        "{}: {}",
                        self.show(pair[0], depth + 1),
                        self.show(pair[1], depth + 1)
                    )
                })
                .collect()
        } else {
            items
                .iter()
                .take(MAX_ITEMS)
                .map(|item| self.show(*item, depth + 1))
                .collect()
        };
        if cut || items.len() > MAX_ITEMS * if kind == Kind::Dict { 2 } else { 1 } {
            parts.push("…".to_owned());
        }
        let inner = parts.join(", ");
        match kind {
            Kind::List => format!("[{inner}]"),
            Kind::Tuple if items.len() == 1 => format!("({inner},)"),
            Kind::Tuple => format!("({inner})"),
            Kind::Dict => format!("{{{inner}}}"),
            Kind::Set => format!("{{{inner}}}"),
            Kind::FrozenSet => format!("frozenset({{{inner}}})"),
        }
    }
}

fn quoted(kind: Text, bytes: &[u8], cut: bool) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' => text.push_str("\\'"),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                c => text.push_str(&printable(&c.to_string())),
            }
        }
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    let short = shorten(&text, MAX_TEXT);
    let more = if cut && !short.ends_with('…') {
        "…"
    } else {
        ""
    };
    let prefix = if kind == Text::Bytes { "b" } else { "" };
    format!("{prefix}'{short}{more}'")
}
