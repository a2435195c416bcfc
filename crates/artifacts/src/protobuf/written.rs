//! Messages that are written as text, JSON or the text form of protocol buffers, put back into bytes: of each the fields
//! that a walk asks for, so that one walk judges a format however it is written.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::inspection::Inspection;
use crate::source::Source;
use crate::textproto::{self, Event};
use crate::{encoding, technique};

/// Messages in messages; walks follow graphs in graphs a few times.
const MAX_DEPTH: usize = 64;

/// A number as either form writes it.
fn number(text: &str) -> Option<u64> {
    match text {
        "EXTERNAL" => return Some(1),
        "DEFAULT" => return Some(0),
        _ => {}
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok();
    }
    text.parse::<i64>()
        .map(i64::cast_unsigned)
        .or_else(|_| text.parse())
        .ok()
}

/// What a field holds, in messages of some kinds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Holds<K> {
    Number,
    Text,
    /// Bytes, which JSON has in base 64.
    Bytes,
    Message(K),
}

/// Number and kind of a field of a message, by its name; fields that no walk asks for have none.
pub(crate) type Field<K> = fn(K, &str) -> Option<(u32, Holds<K>)>;

/// Puts messages back into bytes.
#[derive(Debug)]
pub(crate) struct Writer<K> {
    field: Field<K>,
    /// The message that is written, and those around it.
    open: Vec<(K, u32, Vec<u8>)>,
    /// Messages in one that says nothing here.
    skipped: usize,
    is_cut: bool,
}

impl<K: Copy> Writer<K> {
    /// A writer of a message whose kind is given.
    pub(crate) fn new(kind: K, field: Field<K>) -> Self {
        Self {
            field,
            open: vec![(kind, 0, Vec::new())],
            skipped: 0,
            is_cut: false,
        }
    }

    fn field(&self, name: &str) -> Option<(u32, Holds<K>)> {
        (self.field)(self.open.last()?.0, name)
    }

    fn put(&mut self, number: u32, bytes: &[u8]) {
        if let Some((.., out)) = self.open.last_mut() {
            varint(out, u64::from(number) << 3 | 2);
            varint(out, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
    }

    fn begin(&mut self, name: &str) {
        let found = self.field(name).filter(|_| self.skipped == 0);
        match found {
            Some((number, Holds::Message(kind))) if self.open.len() < MAX_DEPTH => {
                self.open.push((kind, number, Vec::new()));
            }
            Some((_, Holds::Message(_))) => {
                self.is_cut = true;
                self.skipped += 1;
            }
            _ => self.skipped += 1,
        }
    }

    fn end(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if self.open.len() > 1
            && let Some((_, number, bytes)) = self.open.pop()
        {
            self.put(number, &bytes);
        }
    }

    fn value(&mut self, name: &str, value: &[u8], is_json: bool) {
        let Some((at, holds)) = self.field(name).filter(|_| self.skipped == 0) else {
            return;
        };
        match holds {
            Holds::Number => {
                let text = std::str::from_utf8(value).unwrap_or_default();
                if let Some(value) = number(text)
                    && let Some((.., out)) = self.open.last_mut()
                {
                    varint(out, u64::from(at) << 3);
                    varint(out, value);
                }
            }
            Holds::Bytes if is_json => match encoding::base64(value) {
                Some(bytes) => self.put(at, &bytes),
                None => self.put(at, value),
            },
            Holds::Text | Holds::Bytes => self.put(at, value),
            Holds::Message(_) => {}
        }
    }

    /// JSON; its parser bounds how deep it nests.
    pub(crate) fn json(&mut self, name: &str, value: &Value) {
        match value {
            Value::Array(items) => {
                for item in items {
                    self.json(name, item);
                }
            }
            Value::Object(map) => {
                self.begin(name);
                for (name, value) in map {
                    self.json(name, value);
                }
                self.end();
            }
            Value::String(text) => self.value(name, text.as_bytes(), true),
            Value::Number(number) => self.value(name, number.to_string().as_bytes(), true),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// The text form.
    pub(crate) fn text(&mut self, content: &str) {
        let mut events = textproto::events(content);
        for event in events.by_ref() {
            match event {
                Event::Open(name) => self.begin(name),
                Event::Close => self.end(),
                Event::Value(name, value) => self.value(name, &value, false),
            }
        }
        self.is_cut |= events.is_cut;
    }

    /// The bytes; says where messages were not followed.
    pub(crate) fn finish(mut self, inspection: &mut Inspection) -> Source {
        while self.open.len() > 1 {
            self.skipped = 0;
            self.end();
        }
        if self.is_cut {
            inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "graphs in graphs were not followed to the end",
            );
        }
        let bytes = self.open.pop().map(|(.., bytes)| bytes);
        Source::of_bytes(bytes.unwrap_or_default())
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
