//! UBJSON, in which `XGBoost` keeps its models: values and names without code. Read to its end to know that it is
//! nothing else.

use crate::inspection::Inspection;
use crate::pickle;
use crate::source::{Cursor, Source};

/// Lists and objects in each other.
const MAX_DEPTH: usize = 64;

/// An object with a key, as every model begins.
pub(crate) fn is_ubjson(source: &Source) -> bool {
    matches!(
        source.array::<2>(0),
        Some([b'{', b'L' | b'l' | b'i' | b'U' | b'I'])
    ) && is_whole(source)
}

/// Nothing in it runs; what hides in its texts and numbers is looked for.
pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("ubjson");
    pickle::search(inspection, source, 0);
}

/// A list or an object that is open.
#[derive(Clone, Copy)]
struct Open {
    is_object: bool,
    /// Of all its values, where it is said once.
    kind: Option<u8>,
    left: Option<u64>,
}

/// Is everything in it one value?
fn is_whole(source: &Source) -> bool {
    let mut cursor = Cursor::new(source.clone(), 0);
    let mut open: Vec<Open> = Vec::new();
    loop {
        let mut kind = None;
        if let Some(inner) = open.last_mut() {
            let ends = match inner.left {
                Some(0) => true,
                Some(ref mut left) => {
                    *left -= 1;
                    false
                }
                None => {
                    let close = if inner.is_object { b'}' } else { b']' };
                    peek(&cursor) == Some(close) && cursor.u8().is_some()
                }
            };
            if ends {
                open.pop();
                if open.is_empty() {
                    return cursor.remaining() == 0;
                }
                continue;
            }
            if inner.is_object && text(&mut cursor).is_none() {
                return false;
            }
            kind = inner.kind;
        }
        let Some(kind) = kind.or_else(|| cursor.u8()) else {
            return false;
        };
        let is_read = match kind {
            b'{' | b'[' => {
                let next = opened(&mut cursor, kind == b'{');
                let is_open = next.is_some() && open.len() < MAX_DEPTH;
                open.extend(next.filter(|_| is_open));
                is_open
            }
            b'S' | b'H' => text(&mut cursor).is_some(),
            kind => width(kind).is_some_and(|width| cursor.skip(width).is_some()),
        };
        // A value by itself is no model.
        if !is_read || open.is_empty() {
            return false;
        }
    }
}

/// What stands behind the opening sign; values of one kind are passed over at once.
fn opened(cursor: &mut Cursor, is_object: bool) -> Option<Open> {
    let mut kind = None;
    if peek(cursor) == Some(b'$') {
        cursor.u8()?;
        kind = Some(cursor.u8()?);
        if peek(cursor) != Some(b'#') {
            return None;
        }
    }
    let mut left = None;
    if peek(cursor) == Some(b'#') {
        cursor.u8()?;
        left = Some(number(cursor)?);
    }
    if let (Some(count), Some(width), false) = (left, kind.and_then(width), is_object) {
        cursor.skip(count.checked_mul(width)?)?;
        left = Some(0);
    }
    Some(Open {
        is_object,
        kind,
        left,
    })
}

fn peek(cursor: &Cursor) -> Option<u8> {
    let byte: [u8; 1] = cursor.head(cursor.position())?;
    Some(byte[0])
}

/// Bytes of a value of a kind.
const fn width(kind: u8) -> Option<u64> {
    match kind {
        b'Z' | b'N' | b'T' | b'F' => Some(0),
        b'i' | b'U' | b'C' => Some(1),
        b'I' => Some(2),
        b'l' | b'd' => Some(4),
        b'L' | b'D' => Some(8),
        _ => None,
    }
}

/// A length, with its kind before it.
fn number(cursor: &mut Cursor) -> Option<u64> {
    let value = match cursor.u8()? {
        b'i' => i64::from(i8::from_be_bytes(cursor.take()?)),
        b'U' => i64::from(cursor.u8()?),
        b'I' => i64::from(i16::from_be_bytes(cursor.take()?)),
        b'l' => i64::from(i32::from_be_bytes(cursor.take()?)),
        b'L' => i64::from_be_bytes(cursor.take()?),
        _ => return None,
    };
    u64::try_from(value).ok()
}

fn text(cursor: &mut Cursor) -> Option<u64> {
    let len = number(cursor)?;
    cursor.skip(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_to_the_end_is_read() {
        let whole = |bytes: &[u8]| is_ubjson(&Source::of_bytes(bytes.to_vec()));
        assert!(whole(b"{i\x01a[$d#i\x02\0\0\0\0\0\0\0\0i\x01bSi\x02xy}"));
        assert!(whole(b"{L\0\0\0\0\0\0\0\x01a{}}"));
        assert!(whole(b"{i\x01a[#i\x02TF}"));
        assert!(!whole(b"{i\x01aT} and more"));
        assert!(!whole(b"{i\x01a[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff}"));
        assert!(!whole(b"{i\x01a[$Z#L\x7f\xff\xff\xff\xff\xff\xff\xff"));
        assert!(!whole(&[&b"{i\x01a"[..], &[b'['; 100]].concat()));
        assert!(!whole(b"{i\x01aX}"));
    }
}
