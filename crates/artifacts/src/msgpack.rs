//! `MessagePack` as Flax writes it: maps of maps with arrays as extension 1. Other extensions, objects, depth and
//! bytes that are something else are findings.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Context, Inspection, bytes_stand, printable};
use crate::source::{Cursor, Source};
use crate::{pickle, sniff, technique};

const MAX_DEPTH: usize = 256;
const MAX_VALUES: u64 = 4_000_000;
/// Texts and bytes that are kept, and those that are looked into.
const MAX_KEPT: usize = 10_000;
const MAX_LOOKS: usize = 10_000;
/// Arrays that are told to have another size than they say.
const MAX_LIES: usize = 16;

/// What a walk over the values saw.
#[derive(Debug, Default)]
struct Walk {
    arrays: u64,
    values: u64,
    odd_extensions: Vec<(i8, u64)>,
    bytes: Vec<(u64, u64)>,
    texts: Vec<(u64, u64)>,
    object_dtype: bool,
    deep: bool,
    /// There were more texts or bytes than are kept.
    left_out: bool,
    /// A length of many times the file.
    absurd: Option<u64>,
    /// What an array says of its size that its bytes are not.
    lies: Vec<(u64, String)>,
}

/// A map that parses to the end of the bytes; under the format's own name also with something behind it.
pub(crate) fn is_msgpack(source: &Source, named: bool) -> bool {
    let head = source.array::<2>(0).unwrap_or_default();
    if !matches!(head[0], 0x81..=0x8f | 0xde | 0xdf) || source.len() < 4 {
        return false;
    }
    // The first key is a text.
    let key_at = match head[0] {
        0xde => 3,
        0xdf => 5,
        _ => 1,
    };
    let key = source.array::<1>(key_at).unwrap_or_default()[0];
    if !matches!(key, 0xa1..=0xbf | 0xd9..=0xdb) {
        return false;
    }
    let mut cursor = Cursor::new(source.clone(), 0);
    let mut walk = Walk::default();
    // Under the format's own name what breaks off or nests too deep is still one.
    let whole = walk.value(&mut cursor, source).is_some();
    named || (whole && cursor.remaining() == 0)
}

pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("msgpack");
    let mut cursor = Cursor::new(source.clone(), 0);
    let mut walk = Walk::default();
    let whole = walk.value(&mut cursor, source).is_some();
    let mut wrong =
        |verdict, technique, at, what: String| inspection.report(verdict, technique, at, what);
    if !whole {
        wrong(
            Verdict::Unknown,
            technique::MSGPACK_STRUCTURE,
            cursor.position(),
            "the data breaks off or nests too deep".to_owned(),
        );
    }
    if walk.deep {
        wrong(
            Verdict::Suspicious,
            technique::MSGPACK_STRUCTURE,
            0,
            format!("values nest deeper than {MAX_DEPTH} levels: recursive loaders overflow"),
        );
    }
    if let Some(len) = walk.absurd {
        wrong(
            Verdict::Suspicious,
            technique::MSGPACK_STRUCTURE,
            0,
            format!(
                "a value says it has {len} bytes; the file has {}: loaders allocate them",
                source.len()
            ),
        );
    }
    for (at, what) in walk.lies.iter().take(8) {
        wrong(
            Verdict::Suspicious,
            technique::MSGPACK_STRUCTURE,
            *at,
            what.clone(),
        );
    }
    if walk.object_dtype {
        wrong(
            Verdict::Malicious,
            technique::MSGPACK_EXTENSION,
            0,
            "an array of objects: its bytes are pointers or a pickle".to_owned(),
        );
    }
    for (kind, at) in walk.odd_extensions.iter().take(8) {
        wrong(
            Verdict::Suspicious,
            technique::MSGPACK_EXTENSION,
            *at,
            format!(
                "extension type {kind} is not what Flax writes: it is for code of the loading program"
            ),
        );
    }
    let end = cursor.position();
    if whole && end < source.len() {
        wrong(
            Verdict::Suspicious,
            technique::MSGPACK_STRUCTURE,
            end,
            format!("{} behind the data", bytes_stand(source.len() - end)),
        );
        inspection.member(
            "(behind the data)",
            Context::Member,
            &source.slice(end, u64::MAX),
        );
    }
    if walk.left_out || walk.bytes.len() + walk.texts.len() > MAX_LOOKS {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "the data has more texts and bytes than are looked into",
        );
    }
    for (at, len) in walk.bytes.iter().chain(&walk.texts).take(MAX_LOOKS) {
        let bytes = source.slice(*at, *len);
        if sniff::has_magic(&bytes.read(0, 8)) || (*len < 1 << 16 && pickle::looks_like(&bytes)) {
            inspection.member(&format!("value at {at}"), Context::Constant, &bytes);
        }
    }
    for (at, len) in walk.texts.iter().take(MAX_LOOKS) {
        let bytes = source.read(*at, (*len).min(1 << 14) as usize);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            crate::code::code_in_data(inspection, "value", text);
            crate::hidden::inspect(inspection, text.as_bytes());
        }
    }
}

impl Walk {
    /// One value, with an explicit stack of how many are still to come.
    fn value(&mut self, cursor: &mut Cursor, source: &Source) -> Option<()> {
        let mut open: Vec<u64> = vec![1];
        while let Some(left) = open.last_mut() {
            if *left == 0 {
                open.pop();
                continue;
            }
            *left -= 1;
            self.values += 1;
            if open.len() > MAX_DEPTH {
                self.deep = true;
                return None;
            }
            if self.values > MAX_VALUES {
                return None;
            }
            let byte = cursor.u8()?;
            let children = match byte {
                0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => 0,
                0x80..=0x8f => 2 * u64::from(byte & 15),
                0x90..=0x9f => u64::from(byte & 15),
                0xa0..=0xbf => self.text(cursor, u64::from(byte & 31))?,
                0xcc | 0xd0 => self.skip(cursor, 1)?,
                0xcd | 0xd1 => self.skip(cursor, 2)?,
                0xca | 0xce | 0xd2 => self.skip(cursor, 4)?,
                0xcb | 0xcf | 0xd3 => self.skip(cursor, 8)?,
                0xd9 | 0xc4 => {
                    let len = u64::from(cursor.u8()?);
                    if byte == 0xd9 {
                        self.text(cursor, len)?
                    } else {
                        self.blob(cursor, len)?
                    }
                }
                0xda | 0xc5 => {
                    let len = u64::from(u16::from_be_bytes(cursor.take()?));
                    if byte == 0xda {
                        self.text(cursor, len)?
                    } else {
                        self.blob(cursor, len)?
                    }
                }
                0xdb | 0xc6 => {
                    let len = u64::from(u32::from_be_bytes(cursor.take()?));
                    if byte == 0xdb {
                        self.text(cursor, len)?
                    } else {
                        self.blob(cursor, len)?
                    }
                }
                0xdc => u64::from(u16::from_be_bytes(cursor.take()?)),
                0xdd => u64::from(u32::from_be_bytes(cursor.take()?)),
                0xde => 2 * u64::from(u16::from_be_bytes(cursor.take()?)),
                0xdf => 2 * u64::from(u32::from_be_bytes(cursor.take()?)),
                0xd4..=0xd8 => self.extension(cursor, source, 1 << (byte - 0xd4))?,
                0xc7 => {
                    let len = u64::from(cursor.u8()?);
                    self.extension(cursor, source, len)?
                }
                0xc8 => {
                    let len = u64::from(u16::from_be_bytes(cursor.take()?));
                    self.extension(cursor, source, len)?
                }
                0xc9 => {
                    let len = u64::from(u32::from_be_bytes(cursor.take()?));
                    self.extension(cursor, source, len)?
                }
                _ => return None,
            };
            if children > cursor.remaining() {
                self.absurd = absurd(cursor, children).or(self.absurd);
                return None;
            }
            if children > 0 {
                open.push(children);
            }
        }
        Some(())
    }

    #[expect(clippy::unused_self, reason = "the same shape as its siblings")]
    fn skip(&self, cursor: &mut Cursor, len: u64) -> Option<u64> {
        cursor.skip(len)?;
        Some(0)
    }

    fn text(&mut self, cursor: &mut Cursor, len: u64) -> Option<u64> {
        self.absurd = absurd(cursor, len).or(self.absurd);
        let at = cursor.skip(len)?;
        if len >= 16 {
            if self.texts.len() < MAX_KEPT {
                self.texts.push((at, len));
            } else {
                self.left_out = true;
            }
        }
        Some(0)
    }

    fn blob(&mut self, cursor: &mut Cursor, len: u64) -> Option<u64> {
        self.absurd = absurd(cursor, len).or(self.absurd);
        let at = cursor.skip(len)?;
        if len >= 4 {
            self.keep((at, len));
        }
        Some(0)
    }

    fn keep(&mut self, place: (u64, u64)) {
        if self.bytes.len() < MAX_KEPT {
            self.bytes.push(place);
        } else {
            self.left_out = true;
        }
    }

    fn extension(&mut self, cursor: &mut Cursor, source: &Source, len: u64) -> Option<u64> {
        let kind = i8::from_be_bytes([cursor.u8()?]);
        if matches!(kind, 1 | 3)
            && self.lies.len() < MAX_LIES
            && let Some(what) = lie(&source.slice(cursor.position(), len))
        {
            self.lies.push((cursor.position(), what));
        }
        let at = cursor.skip(len)?;
        match kind {
            1 | 3 => {
                self.arrays += 1;
                // `[shape, dtype, bytes]`: the type's name stands near the start.
                let head = source.read(at, 96.min(len as usize));
                let object = [&b"\xa6object"[..], b"\xa1O", b"\xa2|O", b"\xa2O8"]
                    .iter()
                    .any(|name| memchr::memmem::find(&head, name).is_some());
                self.object_dtype |= object;
                let is_array = source.array::<1>(at) == Some([0x93]);
                if !is_array && kind == 1 {
                    self.odd_extensions.push((kind, at));
                    self.keep((at, len));
                } else if let Some(data) = array_bytes(source, at, len) {
                    self.keep(data);
                }
            }
            2 | -1 => {}
            _ => {
                self.odd_extensions.push((kind, at));
                if len >= 4 {
                    self.keep((at, len));
                }
            }
        }
        Some(0)
    }
}

/// How the size of an array is wrong, if it is: `[shape, dtype, bytes]`, as far as it says how many bytes they are.
fn lie(array: &Source) -> Option<String> {
    const MAX_DIMENSIONS: u64 = 64;
    let mut cursor = Cursor::new(array.clone(), 1);
    let dimensions = match cursor.u8()? {
        byte @ 0x90..=0x9f => u64::from(byte & 15),
        0xdc => u64::from(u16::from_be_bytes(cursor.take()?)),
        _ => return None,
    };
    if array.array::<1>(0) != Some([0x93]) || dimensions > MAX_DIMENSIONS {
        return None;
    }
    let mut items = Some(1u64);
    let mut is_negative = false;
    for _ in 0..dimensions {
        let size = match cursor.u8()? {
            byte @ 0..=0x7f => u64::from(byte),
            0xcc => u64::from(cursor.u8()?),
            0xcd => u64::from(u16::from_be_bytes(cursor.take()?)),
            0xce => u64::from(u32::from_be_bytes(cursor.take()?)),
            0xcf => u64::from_be_bytes(cursor.take()?),
            0xe0..=0xff => {
                is_negative = true;
                0
            }
            byte @ 0xd0..=0xd3 => {
                let len = 1u64 << (byte - 0xd0);
                let at = cursor.skip(len)?;
                let bytes = array.read(at, len as usize);
                is_negative |= bytes.first().is_some_and(|first| first & 0x80 != 0);
                bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
            }
            _ => return None,
        };
        items = items.and_then(|items| items.checked_mul(size));
    }
    if is_negative {
        return Some("an array has a negative size".to_owned());
    }
    let len = match cursor.u8()? {
        byte @ 0xa0..=0xbf => u64::from(byte & 31),
        0xd9 => u64::from(cursor.u8()?),
        _ => return None,
    };
    let at = cursor.skip(len)?;
    let kind = array.read(at, len as usize);
    let has = match cursor.u8()? {
        0xc4 => u64::from(cursor.u8()?),
        0xc5 => u64::from(u16::from_be_bytes(cursor.take()?)),
        0xc6 => u64::from(u32::from_be_bytes(cursor.take()?)),
        _ => return None,
    };
    let Some(items) = items else {
        return Some("an array has more items than can be counted".to_owned());
    };
    let needs = items.checked_mul(item_len(&kind)?);
    (needs != Some(has)).then(|| {
        format!(
            "an array of {items} items of {} has {has} bytes",
            printable(&String::from_utf8_lossy(&kind))
        )
    })
}

/// Bytes of an item of a type, by the name that `NumPy` gives it.
fn item_len(kind: &[u8]) -> Option<u64> {
    Some(match kind {
        b"bool" | b"int8" | b"uint8" => 1,
        b"int16" | b"uint16" | b"float16" | b"bfloat16" => 2,
        b"int32" | b"uint32" | b"float32" => 4,
        b"int64" | b"uint64" | b"float64" | b"complex64" => 8,
        b"complex128" => 16,
        _ => return None,
    })
}

/// Where the raw bytes of an array are.
fn array_bytes(source: &Source, at: u64, len: u64) -> Option<(u64, u64)> {
    let head = source.read(at, 96.min(len as usize));
    let mark = head.iter().rposition(|b| matches!(b, 0xc4..=0xc6))?;
    let skip = match head[mark] {
        0xc4 => 2,
        0xc5 => 3,
        _ => 5,
    };
    let start = (mark + skip) as u64;
    (start < len).then(|| (at + start, len - start))
}

/// A length that no cut in transfer explains.
fn absurd(cursor: &Cursor, len: u64) -> Option<u64> {
    (len > 1 << 28 && len / 64 > cursor.source().len()).then_some(len)
}
