//! Files inside constants: pickles and archives as bytes, raw or as base64 or hexadecimal text.

use trueline_facts::artifact::Verdict;

use super::machine::{Blob, Machine};
use super::value::{Text, Value};
use crate::inspection::{Context, Inspection};
use crate::source::Source;
use crate::{encoding, hidden, sniff, technique};

/// Constants that are looked into, of one pickle.
const MAX_LOOKS: usize = 2_000;
/// Bytes of text that are decoded.
const MAX_TEXT: usize = 16 << 20;
/// Bytes by which one sees that a constant is no text.
const FIRST: usize = 4 << 10;

/// Could a constant that begins so hold a file? Cheap, and wrong at times on the side of yes.
pub(super) fn worth_a_look(head: [u8; 4], len: usize, is_text: bool) -> bool {
    if !is_text && len >= 16 && length_before(head, len).is_some() {
        return true;
    }
    if !is_text && (len < 4 || sniff::has_magic(&head) || text_pickle_head(&head)) {
        return len >= 4;
    }
    if len < 16 {
        return false;
    }
    // Base64 or hexadecimal of a magic, or a text pickle as it is.
    head.iter().all(u8::is_ascii_hexdigit)
        && encoding::hex(&head).is_some_and(|h| {
            matches!(
                h.as_slice(),
                [0x80, 0..=5]
                    | [0x1f, 0x8b]
                    | [0x78 | b'(', _]
                    | [b'P', b'K']
                    | [b'c', b'a'..=b'z' | b'_']
            )
        })
        || encoding::base64(&head).is_some_and(|h| {
            matches!(
                h.as_slice(),
                [0x80, 0..=5, ..]
                    | [0x1f, 0x8b, ..]
                    | [0x78, 0x01 | 0x5e | 0x9c | 0xda, _]
                    | b"PK\x03"
                    | b"BZh"
                    | [0xfd, b'7', b'z']
                    | [b'c', b'a'..=b'z' | b'_', b'a'..=b'z' | b'_' | b'\n']
                    | [b'(', b'c' | b'S' | b'i' | b'V' | b'd' | b'l', _]
            )
        })
        // Digits of the digits of a magic.
        || encoding::hex(&head).or_else(|| encoding::base64(&head)).is_some_and(|h| {
            h.iter().all(u8::is_ascii_alphanumeric)
        })
        // Pairs of digits with a mark between.
        || matches!(&head, [b'8', b'0', b' ' | b':' | b'-' | b',' | b'.', _] | [b'0', b'x', b'8', b'0'])
        || text_pickle_head(&head)
        || is_seven_bit(head)
        || is_text && is_base_85(head)
}

/// UTF-7 that begins with a letter which no one has to write so.
fn is_seven_bit(head: [u8; 4]) -> bool {
    head[0] == b'+'
        && encoding::base64(&head[1..]).is_some_and(|bytes| {
            matches!(bytes.as_slice(), [0, b'(' | b'c' | b'i' | b']' | b'}', ..])
        })
}

/// Bytes of a length that stands before the rest of a constant, as messages are framed.
fn length_before(head: [u8; 4], len: usize) -> Option<u64> {
    let is = |said: u32, before: usize| u64::from(said) + before as u64 == len as u64;
    let little = u32::from_le_bytes(head);
    if is(little, 8) {
        Some(8)
    } else if is(little, 4) || is(u32::from_be_bytes(head), 4) {
        Some(4)
    } else {
        // The low half of a length of eight bytes in the other order follows.
        (head == [0; 4]).then_some(8)
    }
}

/// Four digits of base 85 of a magic: the fifth decides the last byte alone.
fn is_base_85(head: [u8; 4]) -> bool {
    type Decoder = fn(&[u8]) -> Option<Vec<u8>>;
    const DECODERS: [Decoder; 2] = [encoding::base85, encoding::ascii85];
    DECODERS.iter().any(|decode| {
        [b'!', b'0', b'u'].iter().any(|last| {
            let digits = [head[0], head[1], head[2], head[3], *last];
            decode(&digits).is_some_and(|bytes| {
                matches!(
                    bytes.as_slice(),
                    [0x80, 2..=5, ..]
                        | [0x1f, 0x8b, 8, ..]
                        | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]
                        | [0xfd, b'7', b'z', ..]
                        | [0x5d, 0, 0, ..]
                        | [b'B', b'Z', b'h', ..]
                        | [b'P', b'K', 3, ..]
                )
            })
        })
    })
}

fn text_pickle_head(head: &[u8]) -> bool {
    matches!(
        head,
        [b'c', b'a'..=b'z' | b'_', b'a'..=b'z' | b'_' | b'\n', ..]
            | [
                b'(',
                b'c' | b'S' | b'i' | b'V' | b'd' | b'l' | b'X' | b'U',
                ..
            ]
            | [
                b'g' | b'H' | b'e' | b'Q' | b'U' | b'/' | b'Y' | b'K',
                _,
                _,
                _
            ]
    )
}

/// Looks into the constants that a pickle kept.
pub(super) fn look(inspection: &mut Inspection, machine: &Machine) {
    for blob in machine.blobs.iter().take(MAX_LOOKS) {
        one(inspection, machine, *blob);
    }
    if machine.blobs.len() > MAX_LOOKS {
        left_out(
            inspection,
            machine.at,
            "more constants look like files than are looked into",
        );
    }
}

fn left_out(inspection: &mut Inspection, at: u64, what: &str) {
    inspection.report(Verdict::Unknown, technique::BUDGET, at, what);
}

fn one(inspection: &mut Inspection, machine: &Machine, blob: Blob) {
    let (kind, raw) = match blob.value {
        Value::Span { kind, len, at } => (kind, machine.cursor.source().slice(at, len.into())),
        Value::Made { kind, .. } => match machine.bytes(blob.value, MAX_TEXT) {
            Some(bytes) => (kind, Source::of_bytes(bytes)),
            None => return,
        },
        _ => return,
    };
    let name = format!("constant at {}", blob.offset);
    if kind == Text::Bytes && sniff::has_magic(&raw.read(0, 8)) {
        inspection.member(&name, Context::Constant, &raw);
        return;
    }
    if kind == Text::Bytes
        && let Some(head) = raw.array::<4>(0)
        && let Some(before) = usize::try_from(raw.len())
            .ok()
            .and_then(|len| length_before(head, len))
        && (head != [0; 4] || raw.u64(0).map(u64::swap_bytes) == raw.len().checked_sub(8))
    {
        let framed = raw.slice(before, u64::MAX);
        if sniff::has_magic(&framed.read(0, 8)) || super::looks_like(&framed) {
            inspection.member(
                &format!("{name}, behind its length"),
                Context::Constant,
                &framed,
            );
            return;
        }
    }
    // A text pickle as it stands.
    if super::looks_like(&raw) {
        inspection.member(&name, Context::Constant, &raw);
    }
    // Arrays may begin like a length or an opcode: gigabytes of them are not to be read for that.
    let is_written = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if !raw.read(0, FIRST).iter().all(is_written) {
        return;
    }
    let text = raw.read(0, MAX_TEXT);
    let seven_bit = text.first() == Some(&b'+');
    let decoded = seven_bit
        .then(|| encoding::utf7(&text))
        .flatten()
        .or_else(|| encoding::spaced_hex(&text))
        .or_else(|| hidden::of_digits(&text))
        .or_else(|| encoding::hex(&text))
        .or_else(|| encoding::base64(&text))
        .or_else(|| encoding::base85(&text))
        .or_else(|| encoding::ascii85(&text));
    let Some(decoded) = decoded else {
        return;
    };
    if inspection.decoded_left < decoded.len() as u64 {
        left_out(
            inspection,
            blob.offset,
            "constants decode to more than is looked at",
        );
        return;
    }
    let decoded = Source::of_bytes(decoded);
    if sniff::has_magic(&decoded.read(0, 8)) || super::looks_like(&decoded) {
        inspection.decoded_bytes(decoded.len());
        inspection.member(&format!("{name}, decoded"), Context::Constant, &decoded);
    }
}
