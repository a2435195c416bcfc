//! Files of Torch 7, which serialises Lua: tables, tensors, objects of classes, and functions, which loading compiles
//! from bytecode or source.
//!
//! The format has no mark. A file is one where its first object is read to its end, or has a class with its version as
//! only this format writes it. Numbers are binary or text, and those of 64 bits may have 32.

use rustc_hash::FxHashSet;
use trueline_facts::artifact::Verdict;

use crate::inspection::Inspection;
use crate::payload::{self, Tail};
use crate::source::{Cursor, Source};
use crate::{pickle, sniff, technique};

/// Objects that are read.
const MAX_OBJECTS: u64 = 4 << 20;
/// Characters of a number as text, and of the name of a class.
const MAX_NUMBER: usize = 64;
const MAX_NAME: u64 = 256;
/// Dimensions of a tensor.
const MAX_DIMENSIONS: u64 = 1 << 10;
/// Bytes that are looked through at once where objects cannot be read.
const PIECE: usize = 4 << 20;
/// Marks of bytecode: of `LuaJIT` with its version, and of Lua with 5.1 to 5.4.
const MARKS: &[&[u8]] = &[
    b"\x1bLJ\x01",
    b"\x1bLJ\x02",
    b"\x1bLuaQ",
    b"\x1bLuaR",
    b"\x1bLuaS",
    b"\x1bLuaT",
];
const MARK: usize = 5;
/// Bytes of the shortest source that does something: `f()`.
const MIN_SOURCE: u64 = 3;

/// How numbers are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// With the bytes of those that C calls long.
    Binary(u64),
    Text,
}

const FORMS: &[Form] = &[Form::Binary(8), Form::Binary(4), Form::Text];

/// What was read of a file.
#[derive(Debug)]
pub(crate) struct Reading {
    cursor: Cursor,
    form: Form,
    /// Objects that were read, by the numbers that later ones name them by.
    seen: FxHashSet<i64>,
    objects: u64,
    /// A class with its version, or bytecode, which nothing else has in that place.
    is_certain: bool,
    has_class: bool,
    /// Where functions stand, the first of each kind.
    compiled: Option<u64>,
    written: Option<u64>,
    /// Where the last object ends that was read to its end.
    end: u64,
}

/// Is it such a file, by what it holds? A name of the format makes the first number enough.
pub(crate) fn read(source: &Source, head: &[u8], name: &str) -> Option<Reading> {
    let is_named = name.to_ascii_lowercase().ends_with(".t7");
    let mut best: Option<Reading> = None;
    for form in FORMS {
        if !opens(head, *form) {
            continue;
        }
        let mut reading = Reading::new(source, *form);
        reading.all();
        let is_known = reading.is_certain
            || reading.end > 0 && (is_named || reading.has_class || reading.has_code());
        if (is_known || is_named) && best.as_ref().is_none_or(|best| best.end < reading.end) {
            best = Some(reading);
        }
    }
    best
}

/// Does the first object have a kind that is written so, and the number of a first one?
fn opens(head: &[u8], form: Form) -> bool {
    let (kind, rest) = match form {
        Form::Binary(_) => match head {
            [kind @ 1..=8, 0, 0, 0, rest @ ..] => (*kind, rest),
            _ => return false,
        },
        Form::Text => match head {
            [kind @ b'1'..=b'8', b'\n', rest @ ..] => (*kind - b'0', rest),
            _ => return false,
        },
    };
    let is_first = match form {
        Form::Binary(_) => rest.starts_with(&[1, 0, 0, 0]),
        Form::Text => rest.starts_with(b"1\n"),
    };
    is_first || matches!(kind, 1 | 2 | 5 | 6)
}

impl Reading {
    fn new(source: &Source, form: Form) -> Self {
        Self {
            cursor: Cursor::new(source.clone(), 0),
            form,
            seen: FxHashSet::default(),
            objects: 0,
            is_certain: false,
            has_class: false,
            compiled: None,
            written: None,
            end: 0,
        }
    }

    const fn has_code(&self) -> bool {
        self.compiled.is_some() || self.written.is_some()
    }

    /// Reads one object after the other: a file may be written to and read from more than once.
    fn all(&mut self) {
        while self.objects < MAX_OBJECTS && self.cursor.remaining() > 0 {
            if self.object().is_none() {
                break;
            }
            self.end = self.cursor.position();
        }
    }

    /// Reads an object with all that it holds. What follows is counted, so that nesting takes no stack.
    fn object(&mut self) -> Option<()> {
        let mut awaited = 1u64;
        while awaited > 0 {
            self.objects += 1;
            if self.objects > MAX_OBJECTS {
                return None;
            }
            awaited = (awaited - 1).checked_add(self.one()?)?;
        }
        Some(())
    }

    /// Reads what an object is; how many stand in it.
    fn one(&mut self) -> Option<u64> {
        let kind = self.int()?;
        match kind {
            0 => Some(0),
            1 => self.skip_numbers(1, 8).map(|()| 0),
            2 => {
                let len = self.len()?;
                self.skip_bytes(len).map(|_| 0)
            }
            5 => self.int().map(|_| 0),
            6 => self.function(),
            3 | 4 | 7 | 8 => {
                let index = self.int()?;
                if !self.seen.insert(index) {
                    return Some(0);
                }
                match kind {
                    3 => self.len()?.checked_mul(2),
                    4 => self.class(),
                    _ => self.function(),
                }
            }
            _ => None,
        }
    }

    /// Code, and an object with the values around it. What is neither bytecode nor source cannot be loaded.
    fn function(&mut self) -> Option<u64> {
        let len = self.len()?;
        let at = self.skip_bytes(len)?;
        let head = self.cursor.bytes(at, len.min(512) as usize);
        if head.starts_with(b"\x1bL") {
            self.is_certain = true;
            self.compiled.get_or_insert(at);
        } else if len >= MIN_SOURCE && sniff::is_text(&head) && is_utf8(&head) {
            self.written.get_or_insert(at);
        } else if len > 0 {
            return None;
        }
        Some(1)
    }

    fn class(&mut self) -> Option<u64> {
        let version = self.name()?;
        let has_version = version
            .strip_prefix(b"V ")
            .is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit));
        let name = if has_version { self.name()? } else { version };
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if name.is_empty() || !name.iter().all(is_plain) {
            return None;
        }
        self.has_class = true;
        self.is_certain |= has_version;
        if let Some(of) = name.strip_prefix(b"torch.") {
            if of.ends_with(b"Tensor") {
                return self.tensor();
            }
            if let Some(of) = of.strip_suffix(b"Storage") {
                return self.storage(of);
            }
        }
        match &name[..] {
            b"tds.Hash" => self.long_len()?.checked_mul(2),
            b"tds.Vec" => self.long_len(),
            _ => Some(1),
        }
    }

    /// Sizes and steps of its dimensions, where it begins, and an object with the numbers.
    fn tensor(&mut self) -> Option<u64> {
        let dimensions = self.len().filter(|count| *count <= MAX_DIMENSIONS)?;
        self.skip_longs(dimensions)?;
        self.skip_longs(dimensions)?;
        self.skip_longs(1)?;
        Some(1)
    }

    fn storage(&mut self, of: &[u8]) -> Option<u64> {
        let count = self.long_len()?;
        let bytes = match of.strip_prefix(b"Cuda").unwrap_or(of) {
            b"Byte" | b"Char" => {
                return self.skip_bytes(count).map(|_| 0);
            }
            b"Short" | b"Half" => 2,
            b"Int" | b"Float" | b"" => 4,
            b"Double" => 8,
            b"Long" => return self.skip_longs(count).map(|()| 0),
            _ => return None,
        };
        self.skip_numbers(count, bytes).map(|()| 0)
    }

    fn name(&mut self) -> Option<Vec<u8>> {
        let len = self.len().filter(|len| *len <= MAX_NAME)?;
        let at = self.skip_bytes(len)?;
        Some(self.cursor.bytes(at, usize::try_from(len).ok()?))
    }

    fn int(&mut self) -> Option<i64> {
        match self.form {
            Form::Binary(_) => Some(i32::from_le_bytes(self.cursor.take()?).into()),
            Form::Text => self.number(),
        }
    }

    fn len(&mut self) -> Option<u64> {
        u64::try_from(self.int()?).ok()
    }

    fn long_len(&mut self) -> Option<u64> {
        let number = match self.form {
            Form::Binary(8) => i64::from_le_bytes(self.cursor.take()?),
            _ => self.int()?,
        };
        u64::try_from(number).ok()
    }

    fn skip_longs(&mut self, count: u64) -> Option<()> {
        let bytes = match self.form {
            Form::Binary(bytes) => bytes,
            Form::Text => 0,
        };
        self.skip_numbers(count, bytes)
    }

    fn skip_numbers(&mut self, count: u64, bytes: u64) -> Option<()> {
        if self.form == Form::Text {
            if count > self.cursor.remaining() {
                return None;
            }
            for _ in 0..count {
                self.word()?;
            }
            return Some(());
        }
        self.cursor.skip(count.checked_mul(bytes)?).map(|_| ())
    }

    /// Passes over bytes as they are; where they stand. Text has a line feed behind them.
    fn skip_bytes(&mut self, count: u64) -> Option<u64> {
        let at = self.cursor.skip(count)?;
        if count > 0 {
            self.line_feed();
        }
        Some(at)
    }

    fn number(&mut self) -> Option<i64> {
        let (word, len) = self.word()?;
        std::str::from_utf8(word.get(..len)?).ok()?.parse().ok()
    }

    /// A number as text, with the line feed behind it.
    fn word(&mut self) -> Option<([u8; MAX_NUMBER], usize)> {
        let mut word = [0; MAX_NUMBER];
        let mut len = 0;
        loop {
            let at = self.cursor.position();
            match self.cursor.u8() {
                Some(b' ' | b'\n' | b'\r' | b'\t') if len == 0 => {}
                Some(byte)
                    if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-') =>
                {
                    *word.get_mut(len)? = byte;
                    len += 1;
                }
                Some(_) => {
                    self.cursor.seek(at);
                    break;
                }
                None => break,
            }
        }
        self.line_feed();
        (len > 0).then_some((word, len))
    }

    fn line_feed(&mut self) {
        let at = self.cursor.position();
        if self.form == Form::Text && self.cursor.u8() != Some(b'\n') {
            self.cursor.seek(at);
        }
    }
}

/// Inspects such a file.
pub(crate) fn inspect(inspection: &mut Inspection, source: &Source, reading: &Reading) {
    inspection.format("torch7");
    for (place, what) in [
        (reading.compiled, "compiled Lua functions"),
        (reading.written, "Lua functions as source"),
    ] {
        if let Some(at) = place {
            inspection.report(
                Verdict::Suspicious,
                technique::LUA_CODE,
                at,
                format!(
                    "the file holds {what}: loading makes them, and who uses the model calls them"
                ),
            );
        }
    }
    if reading.end >= source.len() {
        return;
    }
    if reading.objects > MAX_OBJECTS {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            reading.end,
            "not read to its end: it has more objects than can be followed",
        );
    } else if reading.end == 0 {
        inspection.report(
            Verdict::Unknown,
            technique::UNREADABLE,
            reading.cursor.position(),
            "an object of Torch 7 that breaks off, or of a class that is written in a way of its own: what follows was not understood",
        );
    } else if pickle::skip_padding(source, reading.end) < source.len() {
        inspection.report(
            Verdict::Unknown,
            technique::UNREADABLE,
            reading.end,
            "behind the objects that were read stands something that is none: it was not understood",
        );
        payload::behind(inspection, source, reading.end, Tail::Data);
    }
    if let Some(at) = mark(source, reading.end) {
        inspection.report(
            Verdict::Suspicious,
            technique::LUA_CODE,
            at,
            "the file holds compiled Lua functions where its objects cannot be read",
        );
    }
}

/// Is the beginning of a text in UTF-8? A character may be cut at the end.
fn is_utf8(head: &[u8]) -> bool {
    std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Where bytecode begins by its mark, from a place on.
fn mark(source: &Source, from: u64) -> Option<u64> {
    (from..source.len()).step_by(PIECE).find_map(|at| {
        // With what a mark needs of the next piece.
        let bytes = source.read(at, PIECE + MARK - 1);
        memchr::memmem::find_iter(&bytes, b"\x1bL")
            .find(|place| MARKS.iter().any(|mark| bytes[*place..].starts_with(mark)))
            .map(|place| at + place as u64)
    })
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    use crate::check_bytes;

    /// A table with one text under one key.
    const TABLE: &[u8] =
        b"\x03\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0\x01\0\0\0a\x02\0\0\0\x03\0\0\0abc";

    #[test]
    fn a_file_that_breaks_off_is_unknown_and_one_of_data_clean() {
        let record = |name: &str, bytes: &[u8]| check_bytes(bytes.to_vec(), RepoPath::from(name));
        let whole = record("net.t7", TABLE);
        assert_eq!(whole.verdict, Verdict::Clean, "{whole:?}");
        assert_eq!(whole.formats, ["torch7"]);
        for len in 4..TABLE.len() {
            let cut = record("net.t7", &TABLE[..len]);
            assert_eq!(cut.verdict, Verdict::Unknown, "{len} {cut:?}");
        }
        assert_eq!(
            record("net.t7", b"\xa7\x13\x99\x00rubbish\x01").verdict,
            Verdict::Unknown
        );
        // Without the name nothing says that it is one.
        assert!(record("table.bin", TABLE).formats.is_empty());
    }

    #[test]
    fn a_pickle_under_the_name_is_a_pickle() {
        let call = b"cos\nsystem\n(S'echo x'\ntR.".to_vec();
        let record = check_bytes(call, RepoPath::from("net.t7"));
        assert_eq!(record.verdict, Verdict::Malicious, "{record:?}");
    }

    #[test]
    fn sizes_that_lie_end_the_reading() {
        for bytes in [
            &b"\x03\0\0\0\x01\0\0\0\xff\xff\xff\x7f"[..],
            b"\x03\0\0\0\x01\0\0\0\xff\xff\xff\xff",
            b"\x08\0\0\0\x01\0\0\0\xff\xff\xff\x7f\x1bLJ\x02",
            b"4\n1\n3\nV 1\n19\ntorch.DoubleStorage\n99999999999\n1 2\n",
        ] {
            let record = check_bytes(bytes.to_vec(), RepoPath::from("net.t7"));
            assert!(record.verdict >= Verdict::Unknown, "{record:?}");
        }
    }
}
