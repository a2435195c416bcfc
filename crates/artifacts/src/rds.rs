//! R's serialisation: items by their type. Promises are evaluated when they are read; functions and language in a
//! data file are code.

use trueline_facts::artifact::Verdict;

use crate::inspection::Inspection;
use crate::payload::{self, Tail};
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
    let mut walk = Walk {
        inspection,
        form: match form {
            b'A' => Form::Text,
            b'B' => Form::Little,
            _ => Form::Big,
        },
        items: 0,
        incomplete: false,
    };
    let mut cursor = Cursor::new(source.clone(), start + 2);
    if walk.all(&mut cursor).is_none() || walk.incomplete {
        let at = cursor.position();
        inspection.report(
            Verdict::Unknown,
            technique::PICKLE_TRUNCATED,
            at,
            "an item that is not known here: what follows was not read",
        );
        return;
    }
    payload::behind(inspection, source, cursor.position(), Tail::Nothing);
}

/// How numbers are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Big,
    Little,
    /// As words between white space.
    Text,
}

/// Bytes of a number that is written as text.
const MAX_WORD: usize = 100;

struct Walk<'i> {
    inspection: &'i mut Inspection,
    form: Form,
    items: u64,
    incomplete: bool,
}

impl Walk<'_> {
    fn int(&self, cursor: &mut Cursor) -> Option<i32> {
        match self.form {
            Form::Little => Some(i32::from_le_bytes(cursor.take()?)),
            Form::Big => Some(i32::from_be_bytes(cursor.take()?)),
            Form::Text => {
                let word = word(cursor)?;
                if word == b"NA" {
                    return Some(i32::MIN);
                }
                // R reads what it can of a word: `5x` is 5.
                let text = String::from_utf8_lossy(&word);
                let end = text
                    .char_indices()
                    .find(|(at, c)| !(c.is_ascii_digit() || *at == 0 && matches!(c, '-' | '+')))
                    .map_or(text.len(), |(at, _)| at);
                text[..end].trim_start_matches('+').parse().ok()
            }
        }
    }

    /// Numbers or bytes of a vector, of which each is one word in text.
    fn skip(&mut self, cursor: &mut Cursor, count: u64, size: u64) -> Option<()> {
        if self.form != Form::Text {
            cursor.skip(count.checked_mul(size)?)?;
            return Some(());
        }
        // A complex number is two words.
        let words = if size == 16 {
            count.checked_mul(2)?
        } else {
            count
        };
        self.items = self.items.checked_add(words)?;
        if words > cursor.remaining() || self.items > MAX_ITEMS {
            return None;
        }
        for _ in 0..words {
            word(cursor)?;
        }
        Some(())
    }

    /// A text of so many bytes, some of which may be written as escapes.
    fn skip_text(&mut self, cursor: &mut Cursor, len: u64) -> Option<()> {
        if self.form != Form::Text {
            cursor.skip(len)?;
            return Some(());
        }
        self.items = self.items.checked_add(len / 16)?;
        if len > cursor.remaining() || self.items > MAX_ITEMS {
            return None;
        }
        if len == 0 {
            return Some(());
        }
        let mut byte = first_of_word(cursor)?;
        for left in (0..len).rev() {
            if byte == b'\\' {
                byte = cursor.u8()?;
                // Up to three digits of base 8, or one letter.
                if matches!(byte, b'0'..=b'7') {
                    for _ in 0..2 {
                        let at = cursor.position();
                        if !matches!(cursor.u8(), Some(b'0'..=b'7')) {
                            cursor.seek(at);
                            break;
                        }
                    }
                }
            }
            if left > 0 {
                byte = cursor.u8()?;
            }
        }
        Some(())
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
            self.skip_text(cursor, len)?;
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
        let is_top = self.items == 1;
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
            // Formulas of statistical models are expressions, inside of them.
            6 | 20 if is_top => seen(
                Verdict::Suspicious,
                technique::RDS_CODE,
                "the file is an expression, which is there to be evaluated",
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
                self.skip_text(cursor, u64::try_from(len).unwrap_or(0))?;
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
                self.skip_text(cursor, u64::try_from(len).ok()?)?;
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

    fn vector(&mut self, cursor: &mut Cursor, size: u64, more: u64) -> Option<u64> {
        let len = self.length(cursor)?;
        self.skip(cursor, len, size)?;
        Some(more)
    }
}

/// The first byte behind white space.
fn first_of_word(cursor: &mut Cursor) -> Option<u8> {
    loop {
        let byte = cursor.u8()?;
        if !byte.is_ascii_whitespace() && byte != 0x0b {
            return Some(byte);
        }
    }
}

/// Bytes up to white space.
fn word(cursor: &mut Cursor) -> Option<Vec<u8>> {
    let mut word = vec![first_of_word(cursor)?];
    while word.len() < MAX_WORD {
        match cursor.u8() {
            Some(byte) if !byte.is_ascii_whitespace() && byte != 0x0b => word.push(byte),
            _ => return Some(word),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(items: &str) -> Verdict {
        let bytes = format!("A\n2\n262657\n131840\n{items}").into_bytes();
        crate::check_bytes(bytes, RepoPath::from("m.rds")).verdict
    }

    #[test]
    fn the_text_form_is_read_item_by_item() {
        for flags in ["5", "4101", "16901", "1029", " 5 "] {
            assert_eq!(
                verdict(&format!("{flags}\n254\n254\n254\n")),
                Verdict::Malicious,
                "{flags}"
            );
        }
        // A list of numbers and a text that say five.
        assert_eq!(
            verdict(
                "19\n4\n13\n3\n5\n4101\nNA\n14\n2\n5\n1e-3\n15\n1\n5\n1029\n16\n2\n9\n5\na\\n5\\040x\n9\n-1\n"
            ),
            Verdict::Clean
        );
        assert_eq!(
            verdict("19\n2\n16\n1\n9\n3\n5 5\n5\n254\n254\n254\n"),
            Verdict::Malicious
        );
    }
}
