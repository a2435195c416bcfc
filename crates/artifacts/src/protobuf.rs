//! Protocol buffers without schemas: fields by number and wire type, over positioned reads.

use std::ops::RangeInclusive;

use crate::source::{Cursor, Source};

pub(crate) mod written;

/// One field.
#[derive(Clone, Debug)]
pub(crate) enum Field {
    Number(u64),
    /// A message, text or bytes.
    Bytes(Source),
}

/// The fields of a message, in order; ends at the first byte that is no field.
#[derive(Debug)]
pub(crate) struct Fields {
    cursor: Cursor,
    start: Source,
    /// The last field was whole and the end was reached.
    pub(crate) whole: bool,
}

/// Walks a message.
pub(crate) fn fields(source: &Source) -> Fields {
    Fields {
        cursor: Cursor::new(source.clone(), 0),
        start: source.clone(),
        whole: false,
    }
}

impl Fields {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in 0..10 {
            let byte = self.cursor.u8()?;
            value |= u64::from(byte & 0x7f) << (7 * shift);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// The numbers of a packed field, in order; ends at the first byte that is none.
pub(crate) fn varints(packed: &Source) -> impl Iterator<Item = u64> {
    let mut all = fields(packed);
    std::iter::from_fn(move || all.varint())
}

impl Iterator for Fields {
    type Item = (u32, Field);

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.remaining() == 0 {
            self.whole = true;
            return None;
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3)
            .ok()
            .filter(|n| (1..=100_000).contains(n))?;
        let field = match key & 7 {
            0 => Field::Number(self.varint()?),
            1 => Field::Number(u64::from_le_bytes(self.cursor.take()?)),
            5 => Field::Number(u32::from_le_bytes(self.cursor.take()?).into()),
            2 => {
                let len = self.varint()?;
                let at = self.cursor.skip(len)?;
                Field::Bytes(self.start.slice(at, len))
            }
            _ => return None,
        };
        Some((number, field))
    }
}

/// Where the fields of a message end and something else begins; `None` if nothing does, or if the last field breaks
/// off, as after a download that stopped.
pub(crate) fn end(source: &Source, known: RangeInclusive<u32>) -> Option<u64> {
    let mut all = fields(source);
    loop {
        let at = all.cursor.position();
        match all.next() {
            Some((number, _)) if known.contains(&number) => {}
            Some(_) => return Some(at),
            None if all.whole => return None,
            None => {
                // A key and a length that lead out of the bytes.
                let mut last = fields(source);
                last.cursor.seek(at);
                let key = last.varint();
                let is_cut = key.is_none_or(|key| {
                    let number = u32::try_from(key >> 3).ok();
                    let is_known = number.is_some_and(|number| known.contains(&number));
                    is_known && matches!(key & 7, 0 | 1 | 2 | 5)
                });
                return (!is_cut).then_some(at);
            }
        }
    }
}

/// All messages of a field.
pub(crate) fn messages(source: &Source, number: u32) -> impl Iterator<Item = Source> {
    fields(source).filter_map(move |(n, field)| match field {
        Field::Bytes(bytes) if n == number => Some(bytes),
        _ => None,
    })
}

/// The last text of a field, at most 64 KiB.
pub(crate) fn text(source: &Source, number: u32) -> Option<String> {
    let bytes = messages(source, number).last()?;
    String::from_utf8(bytes.read(0, 1 << 16)).ok()
}

/// The last number of a field.
pub(crate) fn number(source: &Source, number: u32) -> Option<u64> {
    fields(source)
        .filter_map(|(n, field)| match field {
            Field::Number(value) if n == number => Some(value),
            _ => None,
        })
        .last()
}

/// Does it parse to its end as fields, of which at least one?
pub(crate) fn is_message(source: &Source) -> bool {
    let mut all = fields(source);
    let count = all.by_ref().take(10_000).count();
    count > 0 && (all.whole || count == 10_000)
}
