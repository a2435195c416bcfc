//! R's serialisation: items by their type. Promises are evaluated when they are read; functions and language in a
//! data file are code.

use trueline_facts::artifact::Verdict;

use crate::inspection::Inspection;
use crate::source::{Cursor, Source};
use crate::technique;

const MAX_ITEMS: u64 = 20_000_000;

/// `X\n`, `A\n` or `B\n`, and a version of 2 or 3; or the same behind `RDX2\n`.
pub(crate) fn start(source: &Source) -> Option<u64> {
    let head = source.array::<14>(0)?;
    let at = if matches!(&head[..5], b"RDX2\n" | b"RDX3\n" | b"RDA2\n" | b"RDA3\n") {
        5
    } else {
        0
    };
    match (&head[at..at + 2], &head[at + 2..at + 6]) {
        (b"X\n", [0, 0, 0, 2 | 3])
        | (b"B\n", [2 | 3, 0, 0, 0])
        | (b"A\n", [b'2' | b'3', b'\n', ..]) => Some(at as u64),
        _ => None,
    }
}

pub(crate) fn inspect(inspection: &mut Inspection, source: &Source, start: u64) {
    inspection.format("rds");
    let form = source.array::<1>(start).unwrap_or_default()[0];
    if form == b'A' {
        ascii(inspection, source, start);
        return;
    }
    let mut cursor = Cursor::new(source.clone(), start + 2);
    let mut walk = Walk {
        inspection,
        little: form == b'B',
        items: 0,
        incomplete: false,
    };
    if walk.all(&mut cursor).is_none() || walk.incomplete {
        let at = cursor.position();
        inspection.report(
            Verdict::Unknown,
            technique::PICKLE_TRUNCATED,
            at,
            "an item that is not known here: what follows was not read",
        );
    }
}

struct Walk<'i> {
    inspection: &'i mut Inspection,
    little: bool,
    items: u64,
    incomplete: bool,
}

impl Walk<'_> {
    fn int(&self, cursor: &mut Cursor) -> Option<i32> {
        let bytes = cursor.take::<4>()?;
        Some(if self.little {
            i32::from_le_bytes(bytes)
        } else {
            i32::from_be_bytes(bytes)
        })
    }

    fn length(&self, cursor: &mut Cursor) -> Option<u64> {
        let len = self.int(cursor)?;
        if len == -1 {
            let high = u64::try_from(self.int(cursor)?).ok()?;
            let low = self.int(cursor)?;
            return Some(high << 32 | u64::from(low.cast_unsigned()));
        }
        u64::try_from(len).ok()
    }

    fn all(&mut self, cursor: &mut Cursor) -> Option<()> {
        let version = self.int(cursor)?;
        self.int(cursor)?;
        self.int(cursor)?;
        if version == 3 {
            let len = self.length(cursor)?;
            cursor.skip(len)?;
        }
        // Items still to be read: R's own reader recurses, we count.
        let mut left = 1u64;
        while left > 0 {
            left -= 1;
            self.items += 1;
            if self.items > MAX_ITEMS {
                return None;
            }
            left = left.checked_add(self.item(cursor)?)?;
        }
        Some(())
    }

    /// One item; how many more belong to it.
    fn item(&mut self, cursor: &mut Cursor) -> Option<u64> {
        let at = cursor.position();
        let flags = self.int(cursor)?.cast_unsigned();
        let kind = flags & 0xff;
        let attributes = u64::from(flags & 0x200 != 0);
        let tag = u64::from(flags & 0x400 != 0);
        let mut seen = |verdict, technique, what: &str| {
            self.inspection.report(verdict, technique, at, what);
        };
        match kind {
            5 => seen(
                Verdict::Malicious,
                technique::RDS_PROMISE,
                "a promise: R evaluates its code when the value is looked at",
            ),
            3 => seen(
                Verdict::Suspicious,
                technique::RDS_CODE,
                "a function in a data file",
            ),
            6 => seen(
                Verdict::Unknown,
                technique::RDS_CODE,
                "an expression in a data file",
            ),
            21 => seen(
                Verdict::Suspicious,
                technique::RDS_CODE,
                "compiled code in a data file",
            ),
            22 => seen(
                Verdict::Suspicious,
                technique::RDS_CODE,
                "a pointer in a data file",
            ),
            _ => {}
        }
        match kind {
            // Pairlists and what is built of them: attributes, tag, head, tail.
            2 | 3 | 5 | 6 => Some(attributes + tag + 2),
            // Symbol, then its name.
            1 => Some(1),
            // Environment: locked, enclosure, frame, hash table, attributes.
            4 => {
                self.int(cursor)?;
                Some(4)
            }
            // Text of a length.
            9 => {
                let len = self.int(cursor)?;
                cursor.skip(u64::try_from(len).unwrap_or(0))?;
                Some(attributes)
            }
            10 | 13 => self.vector(cursor, 4, attributes),
            14 => self.vector(cursor, 8, attributes),
            15 => self.vector(cursor, 16, attributes),
            24 => self.vector(cursor, 1, attributes),
            16 | 19 | 20 => {
                let len = self.length(cursor)?;
                if len > cursor.remaining() {
                    return None;
                }
                Some(len + attributes)
            }
            7 | 8 => {
                let len = self.int(cursor)?;
                cursor.skip(u64::try_from(len).ok()?)?;
                Some(0)
            }
            22 => Some(2 + attributes),
            23 => Some(attributes),
            25 => Some(1),
            // References, null, and well-known environments.
            255 => {
                if flags >> 8 == 0 {
                    self.int(cursor)?;
                }
                Some(0)
            }
            238 => Some(3),
            241 | 242 | 250..=254 | 0 => Some(0),
            247..=249 => {
                self.int(cursor)?;
                let len = self.int(cursor)?;
                u64::try_from(len).ok()
            }
            _ => {
                self.incomplete = true;
                None
            }
        }
    }

    fn vector(&self, cursor: &mut Cursor, size: u64, more: u64) -> Option<u64> {
        let len = self.length(cursor)?;
        cursor.skip(len.checked_mul(size)?)?;
        Some(more)
    }
}

/// The text form: a line holding the flags of a promise cannot be told from a number, but types stand alone.
fn ascii(inspection: &mut Inspection, source: &Source, start: u64) {
    let text = source.read(start, 16 << 20);
    let mut suspicious = false;
    for line in text.split(|b| *b == b'\n').skip(4) {
        if matches!(line, b"5" | b"1029" | b"517" | b"1541") {
            suspicious = true;
        }
    }
    if suspicious {
        inspection.report(
            Verdict::Suspicious,
            technique::RDS_PROMISE,
            start,
            "the text form of R data may hold a promise, which R evaluates",
        );
    }
}
