//! What texts and bytes of a pickle are: read from the file, or from what was computed, within limits.

use super::machine::Machine;
use super::value::{Text, Value};

/// Short texts that are remembered: a memo may name the same one very often.
const MAX_REMEMBERED: usize = 4096;

impl Machine {
    /// The text of a constant of at most 64 KiB.
    pub(crate) fn text(&self, value: Value) -> Option<String> {
        self.short_text(value, 1 << 16)
    }

    /// The text of a constant of at most `limit` bytes.
    pub(super) fn short_text(&self, value: Value, limit: usize) -> Option<String> {
        if let Value::Span {
            kind: Text::Str,
            len,
            at,
        } = value
            && len <= 256
        {
            if len as usize > limit {
                return None;
            }
            let mut texts = self.texts.borrow_mut();
            if let Some(text) = texts.get(&(at, len)) {
                return text.as_deref().map(str::to_owned);
            }
            let text = String::from_utf8(self.cursor.bytes(at, len as usize)).ok();
            if texts.len() < MAX_REMEMBERED {
                texts.insert((at, len), text.clone().map(String::into_boxed_str));
            }
            return text;
        }
        match value {
            Value::Span {
                kind: Text::Str, ..
            }
            | Value::Made {
                kind: Text::Str, ..
            } => String::from_utf8(self.bytes(value, limit)?).ok(),
            _ => None,
        }
    }

    /// The bytes of a text or bytes constant, if it has at most `limit`.
    pub(crate) fn bytes(&self, value: Value, limit: usize) -> Option<Vec<u8>> {
        match value {
            Value::Span { len, at, .. } if len as usize <= limit => {
                Some(self.cursor.bytes(at, len as usize))
            }
            Value::Made { index, .. } => self
                .made
                .get(index as usize)
                .filter(|bytes| bytes.len() <= limit)
                .map(|bytes| bytes.to_vec()),
            _ => None,
        }
    }

    /// The first bytes of a text or bytes constant.
    pub(super) fn head(&self, value: Value, limit: usize) -> Option<Vec<u8>> {
        match value {
            Value::Span { len, at, .. } => Some(self.cursor.bytes(at, (len as usize).min(limit))),
            Value::Made { index, .. } => self
                .made
                .get(index as usize)
                .map(|bytes| bytes[..bytes.len().min(limit)].to_vec()),
            _ => None,
        }
    }

    /// The bytes of a constant that a computation reads, within its budget.
    pub(super) fn constant(&mut self, value: Value) -> Option<Vec<u8>> {
        let len = match value {
            Value::Span { len, .. } => len as usize,
            Value::Made { index, .. } => self.made.get(index as usize)?.len(),
            _ => return None,
        };
        // Paid before it is read.
        self.pay(len)?;
        self.bytes(value, super::fold::MAX_FOLDED)
    }

    pub(super) fn pay(&mut self, bytes: usize) -> Option<()> {
        let left = self.fold_bytes_left.checked_sub(bytes);
        self.exhausted |= left.is_none();
        self.fold_bytes_left = left?;
        Some(())
    }

    /// A constant that was computed, within the budget.
    pub(super) fn computed(&mut self, kind: Text, bytes: Vec<u8>) -> Option<Value> {
        self.pay(bytes.len())?;
        Some(self.make(kind, bytes))
    }
}
