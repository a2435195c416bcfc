//! Methods of constants: text that is put together while loading, computed so that names in it are seen.

use super::machine::Machine;
use super::value::{Kind, Node, Text, Value};
use crate::encoding;

/// Parts of a text that is cut.
const MAX_PIECES: usize = 64;

impl Machine {
    pub(super) fn hex_decoded(&mut self, value: Value) -> Option<Value> {
        let bytes = self.constant(value)?;
        let decoded = encoding::hex(&bytes)?;
        self.computed(Text::Bytes, decoded)
    }

    pub(super) fn made_like(&mut self, like: Value, bytes: Vec<u8>) -> Option<Value> {
        let kind = match like {
            Value::Span { kind, .. } | Value::Made { kind, .. } => kind,
            _ => Text::Str,
        };
        self.computed(kind, bytes)
    }

    /// `of.name(*args)` for constants and containers; `None` if it is not pure or not known.
    pub(super) fn method(
        &mut self,
        of: Value,
        name: &str,
        args: &[Value],
        nesting: usize,
    ) -> Option<Value> {
        if name == "__call__" {
            return Some(self.call(of, args.to_vec(), nesting + 1));
        }
        if matches!(
            name,
            "get" | "__getitem__" | "pop" | "setdefault" | "__missing__"
        ) {
            return match args.first() {
                Some(key) => self.item(of, *key, nesting),
                None => match self.get_node(of) {
                    Some(Node::Container {
                        items, cut: false, ..
                    }) => items.last().copied(),
                    _ => None,
                },
            };
        }
        if let (Value::Int(number), "to_bytes") = (of, name) {
            let Some(Value::Int(len)) = args.first() else {
                return None;
            };
            let len = usize::try_from(*len).ok().filter(|len| *len <= 8)?;
            let mut bytes = number.to_be_bytes()[8 - len..].to_vec();
            if args.get(1).and_then(|order| self.text(*order)).as_deref() == Some("little") {
                bytes.reverse();
            }
            return self.computed(Text::Bytes, bytes);
        }
        if matches!(name, "split" | "rsplit" | "partition" | "rpartition") {
            return self.pieces(of, name, args);
        }
        if name == "__getattribute__" || name == "__getattr__" {
            let attribute = self.text(*args.first()?);
            return Some(self.attribute(of, attribute.as_deref()));
        }
        if let (Some(Node::Call(called)), "run" | "start" | "submit" | "apply" | "fire") =
            (self.get_node(of), name)
        {
            let inner = called.args.clone();
            for value in inner.into_iter().chain(args.iter().copied()) {
                if self.is_callable(value) {
                    self.call(value, Vec::new(), nesting + 1);
                }
            }
            return None;
        }
        let bytes = self.constant(of)?;
        if name == "decode" || name == "encode" {
            let codec = match args.first() {
                Some(codec) => self.text(*codec)?,
                None => "utf-8".to_owned(),
            };
            let kind = if name == "encode" {
                Text::Bytes
            } else {
                Text::Str
            };
            let decoded = encoding::by_codec(&bytes, &codec, name == "encode")?;
            return self.computed(kind, decoded);
        }
        let text = String::from_utf8(bytes).ok()?;
        let result = match name {
            "join" => {
                let parts = self.whole(*args.first()?)?;
                let parts: Option<Vec<String>> = parts.into_iter().map(|p| self.text(p)).collect();
                parts?.join(&text)
            }
            "format" => {
                let mut out = String::new();
                let mut rest = text.as_str();
                let mut next = 0;
                while let Some((before, after)) = rest.split_once('{') {
                    let (index, tail) = after.split_once('}')?;
                    out.push_str(before);
                    let at = if index.is_empty() {
                        next += 1;
                        next - 1
                    } else {
                        index.parse().ok()?
                    };
                    out.push_str(&self.text(*args.get(at)?)?);
                    rest = tail;
                }
                out.push_str(rest);
                out
            }
            "replace" => {
                let from = self.text(*args.first()?)?;
                let to = self.text(*args.get(1)?)?;
                if to.len() > from.len() && text.len() > 1 << 14 {
                    return None;
                }
                text.replace(&from, &to)
            }
            "__add__" => text + &self.text(*args.first()?)?,
            "lower" | "casefold" => text.to_lowercase(),
            "upper" => text.to_uppercase(),
            "strip" | "lstrip" | "rstrip" => {
                let set: Vec<char> = match args.first() {
                    Some(set) => self.text(*set)?.chars().collect(),
                    None => vec![' ', '\t', '\n', '\r', '\x0b', '\x0c'],
                };
                let set = set.as_slice();
                match name {
                    "strip" => text.trim_matches(set).to_owned(),
                    "lstrip" => text.trim_start_matches(set).to_owned(),
                    _ => text.trim_end_matches(set).to_owned(),
                }
            }
            "removeprefix" => {
                let start = self.text(*args.first()?)?;
                text.strip_prefix(&start).unwrap_or(&text).to_owned()
            }
            "removesuffix" => {
                let end = self.text(*args.first()?)?;
                text.strip_suffix(&end).unwrap_or(&text).to_owned()
            }
            "__str__" => text,
            "__mul__" => match args.first()? {
                Value::Int(times) => repeated(&text, *times)?,
                _ => return None,
            },
            "swapcase" => text
                .chars()
                .map(|c| {
                    if c.is_lowercase() {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                })
                .collect(),
            _ => return None,
        };
        self.made_like(of, result.into_bytes())
    }

    /// The list or triple that cutting a text gives.
    fn pieces(&mut self, of: Value, name: &str, args: &[Value]) -> Option<Value> {
        let text = String::from_utf8(self.constant(of)?).ok()?;
        let between = match args.first() {
            Some(between) => Some(self.text(*between)?).filter(|b| !b.is_empty())?,
            None => String::new(),
        };
        let parts: Vec<&str> = match name {
            "partition" | "rpartition" => {
                let cut = if name == "partition" {
                    text.split_once(&between)
                } else {
                    text.rsplit_once(&between)
                };
                let (before, after) = cut?;
                vec![before, &between, after]
            }
            _ if between.is_empty() => text.split_whitespace().collect(),
            _ => text.split(&between).collect(),
        };
        if parts.len() > MAX_PIECES {
            return None;
        }
        let items: Option<Vec<Value>> = parts
            .into_iter()
            .map(|part| self.made_like(of, part.as_bytes().to_vec()))
            .collect();
        Some(self.push_node(Node::Container {
            kind: Kind::List,
            items: items?,
            cut: false,
        }))
    }

    /// `text[from:to]`, with the arguments of a `slice`.
    pub(super) fn sliced(&mut self, of: Value, slice: &[Value]) -> Option<Value> {
        let chars: Vec<char> = String::from_utf8(self.constant(of)?)
            .ok()?
            .chars()
            .collect();
        let count = i64::try_from(chars.len()).ok()?;
        let (from, to, step) = match slice {
            [to] => (Value::None, *to, Value::None),
            [from, to] => (*from, *to, Value::None),
            [from, to, step] => (*from, *to, *step),
            _ => return None,
        };
        let place = |value: Value, otherwise: i64| match value {
            Value::None => Some(otherwise),
            Value::Int(at) => Some(if at < 0 { at + count } else { at }.clamp(0, count)),
            _ => None,
        };
        let text: String = match step {
            Value::None | Value::Int(1..) => {
                let step = if let Value::Int(step) = step { step } else { 1 };
                let (from, to) = (place(from, 0)?, place(to, count)?);
                chars
                    .get(usize::try_from(from).ok()?..usize::try_from(to.max(from)).ok()?)?
                    .iter()
                    .step_by(usize::try_from(step).ok()?)
                    .collect()
            }
            Value::Int(step) if matches!((from, to), (Value::None, Value::None)) => chars
                .iter()
                .rev()
                .step_by(usize::try_from(-step).ok().filter(|s| *s > 0)?)
                .collect(),
            _ => return None,
        };
        self.made_like(of, text.into_bytes())
    }

    pub(super) fn format_percent(&mut self, format: &str, given: &[Value]) -> Option<Value> {
        let mut out = String::new();
        let mut values = given.iter();
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            if let Some(tail) = after.strip_prefix('%') {
                out.push('%');
                rest = tail;
                continue;
            }
            match (after.strip_prefix('s'), after.strip_prefix('c')) {
                (Some(tail), _) => {
                    out.push_str(&self.text(*values.next()?)?);
                    rest = tail;
                }
                (None, Some(tail)) => {
                    match values.next()? {
                        Value::Int(code) => out.push(char::from_u32(u32::try_from(*code).ok()?)?),
                        other => out.push_str(&self.text(*other)?),
                    }
                    rest = tail;
                }
                _ => return None,
            }
        }
        out.push_str(rest);
        self.computed(Text::Str, out.into_bytes())
    }
}

/// A text several times, as long as it stays short.
pub(super) fn repeated(text: &str, times: i64) -> Option<String> {
    let times = usize::try_from(times.max(0)).ok()?;
    (text.len().checked_mul(times)? <= 1 << 16).then(|| text.repeat(times))
}
