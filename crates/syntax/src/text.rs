//! Bytes of a file as text: the one reading in which places are counted, lines are shown and secrets are masked.
//!
//! UTF-16 is known by its mark, or by the zero bytes of its beginning; anything else is UTF-8 in which what is no
//! text was replaced. Two parts of the program that read a file in two ways would mask another place than the one
//! that was found.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::lines::BYTE_ORDER_MARK;

/// Bytes at the beginning by which UTF-16 without a mark is known.
const HEAD: usize = 512;
/// With fewer, nothing is known.
const LEAST: usize = 8;
/// The same where not every unit is of ASCII.
const LEAST_MIXED: usize = 16;
/// The first of the units that end a letter of two.
const FIRST_TRAILING: u16 = 0xdc00;

/// The order of the two bytes of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Little,
    Big,
}

impl Order {
    const fn unit(self, pair: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(pair),
            Self::Big => u16::from_be_bytes(pair),
        }
    }
}

/// The text of a file. A byte order mark of UTF-8 stays in it as U+FEFF, so that bytes of the text are bytes of the
/// file; it is in no column.
#[must_use]
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match marked(bytes).or_else(|| unmarked(bytes).map(|order| (order, bytes))) {
        Some((order, units)) => Cow::Owned(from_utf16(order, units)),
        None => String::from_utf8_lossy(bytes),
    }
}

/// The text of a file that a front end reads: it takes no guess for UTF-16.
#[must_use]
pub fn decode_source(bytes: &[u8]) -> Cow<'_, str> {
    match marked(bytes) {
        Some((order, units)) => Cow::Owned(from_utf16(order, units)),
        None => String::from_utf8_lossy(bytes),
    }
}

/// The text of a file as lines of it are shown: without a mark, which is in no column.
#[must_use]
pub fn decode_shown(bytes: &[u8]) -> Cow<'_, str> {
    match decode(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(without_mark(text)),
        Cow::Owned(text) if text.starts_with(BYTE_ORDER_MARK) => {
            Cow::Owned(without_mark(&text).to_owned())
        }
        Cow::Owned(text) => Cow::Owned(text),
    }
}

/// The bytes in which the lines of a file are counted, compared and shown: those of the file, and of UTF-16 those of
/// its text. There a byte of a letter may be the one that ends lines elsewhere.
#[must_use]
pub fn bytes_of_lines(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !is_utf16(bytes) {
        return Cow::Borrowed(bytes);
    }
    match decode_shown(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Which lines a program that knows bytes alone, such as git, counts in each line of UTF-16, both from 0; `None` for
/// any other file, where the two are the same.
#[must_use]
pub fn lines_of_bytes(bytes: &[u8]) -> Option<Vec<RangeInclusive<u32>>> {
    let guessed = || unmarked(bytes).map(|order| (order, bytes));
    let (order, units) = marked(bytes).or_else(guessed)?;
    let (pairs, _) = units.as_chunks::<2>();
    let mut lines = Vec::new();
    // Of the bytes: where the line begins, and where we are.
    let (mut first, mut at) = (0u32, 0u32);
    let mut is_open = false;
    for pair in pairs {
        let is_end = order.unit(*pair) == u16::from(b'\n');
        let ends: u32 = pair.iter().map(|byte| u32::from(*byte == b'\n')).sum();
        is_open = !is_end;
        if is_end {
            lines.push(first..=at);
            first = at + ends;
        }
        at += ends;
    }
    if is_open {
        lines.push(first..=at);
    }
    Some(lines)
}

/// A text without its byte order mark.
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Whether a file is UTF-16, marked or not.
#[must_use]
pub fn is_utf16(bytes: &[u8]) -> bool {
    marked(bytes).is_some() || unmarked(bytes).is_some()
}

/// The order that the mark says, and what follows it.
fn marked(bytes: &[u8]) -> Option<(Order, &[u8])> {
    match bytes {
        // The mark of UTF-32.
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, rest @ ..] => Some((Order::Little, rest)),
        [0xfe, 0xff, rest @ ..] => Some((Order::Big, rest)),
        _ => None,
    }
}

/// The order of the units of text without a mark: most are of ASCII, their other byte is zero, and that is on one side
/// in all of them. Whatever else stands there is text.
fn unmarked(bytes: &[u8]) -> Option<Order> {
    let head = bytes.get(..HEAD.min(bytes.len()))?;
    [Order::Little, Order::Big]
        .into_iter()
        .find(|order| is_text_of(*order, head, bytes.len() > HEAD))
}

/// Whether the beginning of a file is text of this order.
fn is_text_of(order: Order, head: &[u8], goes_on: bool) -> bool {
    let (pairs, _) = head.as_chunks::<2>();
    let (mut ascii, mut zeros) = (0, 0);
    for pair in pairs {
        match order.unit(*pair) {
            0..=0x7f => ascii += 1,
            unit => zeros += usize::from(unit.trailing_zeros() >= 8),
        }
    }
    let all = pairs.len();
    let least = if ascii == all { LEAST } else { LEAST_MIXED };
    if all * 2 < least || ascii * 4 < all * 3 || zeros > 0 {
        return false;
    }
    let units = pairs.iter().map(|pair| order.unit(*pair));
    let mut text = char::decode_utf16(units).peekable();
    while let Some(unit) = text.next() {
        let is_text = match unit {
            Ok('\t' | '\n' | '\r' | '\x0c') => true,
            Ok('\u{fffe}' | '\u{ffff}') => false,
            Ok(c) => !c.is_control(),
            // The other half of the last letter is not looked at.
            Err(half) => {
                goes_on && text.peek().is_none() && half.unpaired_surrogate() < FIRST_TRAILING
            }
        };
        if !is_text {
            return false;
        }
    }
    true
}

fn from_utf16(order: Order, bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| order.unit(*pair));
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn utf16_is_read_in_both_orders_with_a_mark_and_without() {
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let marked = utf16("\u{feff}key = é\n", order);
            assert_eq!(decode(&marked), "key = é\n");
            assert_eq!(decode_source(&marked), "key = é\n");
            let plain = utf16("key = 1\r\n", order);
            assert_eq!(decode(&plain), "key = 1\r\n");
            assert!(is_utf16(&plain) && is_utf16(&marked));
            assert_eq!(decode_source(&plain).matches('\0').count(), 9);
        }
    }

    #[test]
    fn what_is_no_utf16_is_utf8_and_keeps_its_mark_only_for_places_in_bytes() {
        assert_eq!(decode(b"\xef\xbb\xbfa = 1"), "\u{feff}a = 1");
        assert_eq!(decode_shown(b"\xef\xbb\xbfa = 1"), "a = 1");
        assert_eq!(decode_shown(b"\xef\xbb\xbfa = \xe9"), "a = \u{fffd}");
        assert_eq!(decode(b"caf\xe9 = 1"), "caf\u{fffd} = 1");
        for bytes in [
            b"a\0b\0".as_slice(),
            b"a\0b\0c\0\x01\0e\0",
            b"\0a\0b\0c\0d\0e",
            b"\0\0a\0b\0c\0d",
            b"\xff\xfe\0\0a\0\0\0",
            b"abcdefgh",
            b"",
        ] {
            assert_eq!(is_utf16(bytes), bytes.starts_with(b"\0a"), "{bytes:?}");
        }
    }

    #[test]
    fn lines_of_utf16_are_those_of_its_text_and_know_the_lines_of_bytes_in_them() {
        // 上 is U+4E0A, ਁ is U+0A01.
        let text = "\u{feff}# 上上\nb\nਁ = 1\nc";
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes = utf16(text, order);
            assert_eq!(*bytes_of_lines(&bytes), *"# 上上\nb\nਁ = 1\nc".as_bytes());
            assert_eq!(
                lines_of_bytes(&bytes).unwrap(),
                [0..=2, 3..=3, 4..=5, 6..=6]
            );
        }
        let empty = utf16("\u{feff}", u16::to_le_bytes);
        assert_eq!(lines_of_bytes(&empty).unwrap(), []);
        assert_eq!(lines_of_bytes(b"a\nb\n"), None);
        assert_eq!(*bytes_of_lines(b"caf\xe9\n"), *b"caf\xe9\n");
    }

    #[test]
    fn utf16_without_a_mark_may_begin_with_any_letters_among_ascii() {
        for text in [
            "// café x\nvar a = 1;\n",
            "# naïve 上 and 🦀\n\tx = 1\x0c\r\n",
            "key = \"pässwörd\"\n",
        ] {
            for order in [u16::to_le_bytes, u16::to_be_bytes] {
                assert_eq!(decode(&utf16(text, order)), text);
            }
        }
        // Cut within a letter of two units.
        let long = format!("{}🦀 = 1\n", "a".repeat(HEAD / 2 - 1));
        assert_eq!(decode(&utf16(&long, u16::to_be_bytes)), long);
    }

    #[test]
    fn what_only_resembles_utf16_without_a_mark_stays_bytes() {
        let le = u16::to_le_bytes;
        let mut state = 1u32;
        let random: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(600)
        .collect();
        let table = |step: u16| -> Vec<u8> { (0..200).flat_map(|n: u16| le(n * step)).collect() };
        let units = |units: &[u16]| -> Vec<u8> { units.iter().copied().flat_map(le).collect() };
        let mut lone: Vec<u16> = "a = 'b' # and so on".encode_utf16().collect();
        lone.insert(5, 0xd83e);
        let mut last = lone.clone();
        let half = last.remove(5);
        last.push(half);
        for bytes in [
            random,
            table(1),
            table(3),
            table(257),
            utf16("上上上上上 = 1; ਁਁਁਁਁ", le),
            utf16("a = 1; # \u{1}, and so on", le),
            utf16("a = 1; # \u{85}, and so on", le),
            utf16("a = 1; # \u{ffff}, and so on", le),
            utf16("a = 1; # \u{100}, and so on", le),
            utf16("aé = 1", le),
            units(&lone),
            units(&last),
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0".to_vec(),
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec(),
            b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec(),
            b"caf\xe9 = 'Vq8!kd92'\n".to_vec(),
        ] {
            assert!(!is_utf16(&bytes), "{bytes:?}");
        }
    }
}
