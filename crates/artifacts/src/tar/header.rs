//! What the headers of a tar archive say, read as Python's `tarfile` reads them: numbers that `int(…, 8)` takes, both
//! sums of a header, and the records of PAX by their length.

use crate::source::Source;

/// A header that is no member but tells of the next one may be so long: names and times take far less.
const MAX_RECORDS: usize = 1 << 20;

/// The longest path of a system.
const MAX_PATH: usize = 4096;

/// One block of 512 bytes.
pub(super) type Block = [u8; 512];

/// Is the block a header? Python takes the sum of its bytes with and without their signs.
pub(super) fn is_header(block: &Block) -> bool {
    let Some(stored) = number(&block[148..156]) else {
        return false;
    };
    let sum = |of: fn(u8) -> i64| {
        let inside = |at: &usize| !(148..156).contains(at);
        let bytes = block.iter().enumerate().filter(|(at, _)| inside(at));
        bytes.map(|(_, byte)| of(*byte)).sum::<i64>() + 8 * i64::from(b' ')
    };
    if stored != sum(i64::from) && stored != sum(|byte| i64::from(byte.cast_signed())) {
        return false;
    }
    // Without a sum the bytes of anything may happen to add up to it.
    stored != 0 || &block[257..262] == b"ustar"
}

/// A number as `tarfile.nti` reads it; nothing where that fails.
pub(super) fn number(field: &[u8]) -> Option<i64> {
    let (first, rest) = field.split_first()?;
    if matches!(first, 0x80 | 0xff) {
        // 256 to a digit, and below zero all ones.
        let start = if *first == 0xff { -1i64 } else { 0 };
        let mut value = start;
        for byte in rest {
            value = value.checked_mul(256)?.checked_add((*byte).into())?;
        }
        return Some(value);
    }
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    let text = std::str::from_utf8(&field[..end]).ok()?;
    if !text.is_ascii() {
        return None;
    }
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    if text.is_empty() {
        return Some(0);
    }
    let (minus, digits) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let bare = digits
        .strip_prefix("0o")
        .or_else(|| digits.strip_prefix("0O"));
    let bare = bare.map_or(digits, |bare| bare.strip_prefix('_').unwrap_or(bare));
    // Python allows one stroke between two digits.
    if bare.is_empty() || bare.starts_with('_') || bare.ends_with('_') || bare.contains("__") {
        return None;
    }
    let value = i64::from_str_radix(&bare.replace('_', ""), 8)
        .ok()
        .filter(|v| *v >= 0)?;
    Some(if minus { -value } else { value })
}

/// Text up to the first zero.
pub(super) fn field(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// What headers before a member say of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Every name that it is given, that of the first header first: Python takes that one.
    pub(super) names: Vec<String>,
    pub(super) links: Vec<String>,
    pub(super) size: Option<u64>,
    /// Parts of it are left out of the archive.
    pub(super) is_sparse: bool,
    /// Something was not read.
    pub(super) cut: bool,
}

impl Told {
    /// A name of GNU's tar, in a member of its own.
    pub(super) fn gnu(&mut self, body: &Source, is_link: bool) {
        let text = field(&body.read(0, MAX_RECORDS));
        self.cut |= body.len() > MAX_RECORDS as u64;
        if is_link {
            self.links.push(text);
        } else {
            self.names.push(text);
        }
    }

    /// The records of a PAX header.
    pub(super) fn pax(&mut self, body: &Source) {
        let bytes = body.read(0, MAX_RECORDS);
        self.cut |= body.len() > MAX_RECORDS as u64;
        let mut records = Vec::new();
        self.cut |= !by_length(&bytes, &mut records);
        // Who reads lines sees others where lengths say that a value has several.
        let lines = by_lines(&bytes);
        let last = |key: &str, of: &[(&[u8], &[u8])]| {
            let mut own = of.iter().rev().filter(|(name, _)| *name == key.as_bytes());
            own.next()
                .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        let all = |key: &str| {
            let first = last(key, &records);
            let others = records.iter().chain(&lines);
            let others = others.filter(|(name, _)| *name == key.as_bytes());
            let others = others.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
            first.into_iter().chain(others).collect::<Vec<_>>()
        };
        self.names.extend(all("path"));
        self.names.extend(all("GNU.sparse.name"));
        self.links.extend(all("linkpath"));
        if self.size.is_none() {
            self.size = last("size", &records).and_then(|size| size.trim().parse().ok());
        }
        self.is_sparse |= records
            .iter()
            .any(|(name, _)| name.starts_with(b"GNU.sparse."));
    }

    /// What holds of all members is copied for each: long paths, which no system takes, are not.
    pub(super) fn keep_short(&mut self) {
        for list in [&mut self.names, &mut self.links] {
            let before = list.len();
            list.retain(|text| text.len() <= MAX_PATH);
            list.dedup();
            list.truncate(2);
            self.cut |= list.len() < before && list.is_empty();
        }
    }

    /// Bytes of names and targets.
    pub(super) fn text_bytes(&self) -> u64 {
        let texts = self.names.iter().chain(&self.links);
        texts.map(|text| text.len() as u64).sum()
    }

    /// What holds of all members, where nothing is said of this one.
    pub(super) fn under(mut self, all: &Self) -> Self {
        self.names.extend(all.names.iter().cloned());
        self.links.extend(all.links.iter().cloned());
        self.size = self.size.or(all.size);
        self.is_sparse |= all.is_sparse;
        self
    }
}

/// `length key=value\n`, one behind the other; do they fill the header?
fn by_length<'b>(bytes: &'b [u8], records: &mut Vec<(&'b [u8], &'b [u8])>) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() && rest[0] != 0 {
        let record = rest.iter().position(|b| *b == b' ').and_then(|space| {
            let len: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
            let record = rest.get(space + 1..len)?;
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            Some((len, record))
        });
        let Some((len, record)) = record else {
            return false;
        };
        records.extend(key_value(record));
        rest = &rest[len..];
    }
    true
}

fn by_lines(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let lines = bytes.split(|b| *b == b'\n').filter_map(|line| {
        let space = line.iter().position(|b| *b == b' ')?;
        let is_length = space > 0 && line[..space].iter().all(u8::is_ascii_digit);
        is_length.then(|| key_value(&line[space + 1..])).flatten()
    });
    lines.collect()
}

fn key_value(record: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = record.iter().position(|b| *b == b'=')?;
    Some((&record[..equals], &record[equals + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_python_reads() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"0o644\0\0\0", Some(0o644)),
            (b" 6_44 \0\0", Some(0o644)),
            (b"\t+644\0junk", Some(0o644)),
            (b"-1\0", Some(-1)),
            (b"\0\0\0\0", Some(0)),
            (b"\x80\0\0\x01\0", Some(256)),
            (b"\xff\xff\xff\xfe", Some(-2)),
            (b"8\0", None),
            (b"6__4\0", None),
            (b"\xc3\xa4\0", None),
            (b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
        ] {
            assert_eq!(number(field), value, "{field:?}");
        }
    }

    #[test]
    fn records_of_pax_are_read_by_their_length_and_the_last_of_a_key_counts() {
        let told = |bytes: &[u8]| {
            let mut told = Told::default();
            told.pax(&Source::of_bytes(bytes.to_vec()));
            told
        };
        let two = told(b"12 path=a.b\n12 path=c.d\n");
        assert_eq!(two.names, ["c.d", "a.b", "c.d", "a.b", "c.d"]);
        let torn = told(b"26 comment=x\n12 path=a.b\n\n11 size=77\n");
        assert_eq!((torn.names, torn.size), (vec!["a.b".to_owned()], Some(77)));
        assert!(told(b"99 path=a\n").cut && !told(b"10 path=a\n").cut);
    }
}
