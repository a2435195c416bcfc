//! The structures of an archive: end records, central directory, local headers.

use crate::source::Source;

/// Members that are listed of one archive.
const MAX_ENTRIES: usize = 100_000;
/// The comment behind the directory, and the record itself.
const MAX_TAIL: u64 = 65_557;
/// Records of a directory's end that are tried.
const MAX_RECORDS: usize = 16;

/// One member as a reading describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(crate) size: u64,
    /// Of the local header.
    pub(super) offset: u64,
    pub(super) external: u32,
}

/// The local header of a member and where its data begins.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pub(super) entry: Entry,
    pub(super) data: u64,
    /// Its extra field.
    pub(super) extra: Vec<u8>,
}

/// An archive's directory.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    /// Bytes before the archive: offsets in it are relative to here.
    pub(super) shift: u64,
    /// Where the directory begins and the archive ends.
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Is there an archive in it, at its start or at its end?
pub(crate) fn is_zip(source: &Source, deep: bool) -> bool {
    let head = source.array::<4>(0).unwrap_or_default();
    // A header and the name that it says it has; without them four bytes are four bytes.
    let whole = 30 + u64::from(source.u16(26).unwrap_or(u16::MAX));
    if head == *b"PK\x03\x04" && whole <= source.len() || head == *b"PK\x05\x06" {
        return true;
    }
    let tail = if deep { MAX_TAIL } else { 22 };
    let from = source.len().saturating_sub(tail);
    let bytes = source.read(from, tail as usize);
    memchr::memmem::rfind_iter(&bytes, b"PK\x05\x06")
        .take(MAX_RECORDS)
        .any(|at| has_entries(source, from + at as u64))
}

/// The last end-of-directory record, also when it is not where it should be.
pub(super) fn last_record(source: &Source) -> Option<u64> {
    let from = source.len().saturating_sub(MAX_TAIL);
    let bytes = source.read(from, MAX_TAIL as usize);
    // The last one whose directory can be read: a comment may hold another one.
    memchr::memmem::rfind_iter(&bytes, b"PK\x05\x06")
        .map(|at| from + at as u64)
        .take(MAX_RECORDS)
        .find(|at| has_entries(source, *at) || directory(source, *at).is_some())
}

/// Does a record lead to an entry of a directory? Cheap: entries are not read.
pub(super) fn has_entries(source: &Source, record: u64) -> bool {
    let start = source
        .u32(record + 12)
        .and_then(|size| record.checked_sub(size.into()));
    let wide = record
        .checked_sub(20)
        .and_then(|at| source.array::<4>(at))
        .is_some_and(|mark| mark == *b"PK\x06\x07");
    let here = start.and_then(|start| source.array::<4>(start)) == Some(*b"PK\x01\x02");
    here || (wide && directory(source, record).is_some_and(|d| !d.entries.is_empty()))
}

pub(super) fn directory(source: &Source, record: u64) -> Option<Directory> {
    let mut count = u64::from(source.u16(record + 10)?);
    let mut size = u64::from(source.u32(record + 12)?);
    let mut offset = u64::from(source.u32(record + 16)?);
    let comment = u64::from(source.u16(record + 20)?);
    let mut start_of_end = record;
    if let Some(locator) = record.checked_sub(20)
        && source.array::<4>(locator)? == *b"PK\x06\x07"
    {
        let claimed = source.u64(locator + 8)?;
        let found = [claimed, locator.saturating_sub(56)]
            .into_iter()
            .find(|at| source.array::<4>(*at) == Some(*b"PK\x06\x06"));
        if let Some(at) = found {
            count = source.u64(at + 32)?;
            size = source.u64(at + 40)?;
            offset = source.u64(at + 48)?;
            start_of_end = at;
        }
    }
    let start = start_of_end.checked_sub(size)?;
    let shift = start.checked_sub(offset)?;
    let mut directory = Directory {
        entries: Vec::new(),
        shift,
        start,
        end: (record + 22 + comment).min(source.len()),
    };
    let mut at = start;
    while at < start_of_end && directory.entries.len() < MAX_ENTRIES {
        let Some(head) = source.array::<46>(at) else {
            break;
        };
        if head[..4] != *b"PK\x01\x02" {
            break;
        }
        let two = |i: usize| u16::from_le_bytes([head[i], head[i + 1]]);
        let four = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
        let (name_len, extra_len, comment_len) = (two(28), two(30), two(32));
        let name = source.read(at + 46, name_len.into());
        let extra = source.read(at + 46 + u64::from(name_len), extra_len.into());
        let mut entry = Entry {
            name,
            flags: two(8),
            method: two(10),
            crc: four(16),
            packed: four(20).into(),
            size: four(24).into(),
            offset: four(42).into(),
            external: four(38),
        };
        wide(&mut entry, &extra, true);
        directory.entries.push(entry);
        at += 46 + u64::from(name_len) + u64::from(extra_len) + u64::from(comment_len);
    }
    if directory.entries.is_empty() && count > 0 {
        return None;
    }
    Some(directory)
}

/// Takes 64-bit sizes from the extra field where the 32-bit ones say so.
fn wide(entry: &mut Entry, mut extra: &[u8], central: bool) {
    while let [a, b, c, d, rest @ ..] = extra {
        let id = u16::from_le_bytes([*a, *b]);
        let len = usize::from(u16::from_le_bytes([*c, *d])).min(rest.len());
        let (body, next) = rest.split_at(len);
        if id == 1 {
            let mut words = body
                .chunks_exact(8)
                .filter_map(|w| w.try_into().ok().map(u64::from_le_bytes));
            for field in [&mut entry.size, &mut entry.packed] {
                if *field == u64::from(u32::MAX) {
                    *field = words.next().unwrap_or(*field);
                }
            }
            if central && entry.offset == u64::from(u32::MAX) {
                entry.offset = words.next().unwrap_or(entry.offset);
            }
        }
        extra = next;
    }
}

pub(super) fn local(source: &Source, at: u64) -> Option<Local> {
    let head = source.array::<30>(at)?;
    if head[..4] != *b"PK\x03\x04" {
        return None;
    }
    let two = |i: usize| u16::from_le_bytes([head[i], head[i + 1]]);
    let four = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
    let (name_len, extra_len) = (two(26), two(28));
    let extra = source.read(at + 30 + u64::from(name_len), extra_len.into());
    let mut entry = Entry {
        name: source.read(at + 30, name_len.into()),
        flags: two(6),
        method: two(8),
        crc: four(14),
        packed: four(18).into(),
        size: four(22).into(),
        offset: at,
        external: 0,
    };
    wide(&mut entry, &extra, false);
    Some(Local {
        entry,
        data: at + 30 + u64::from(name_len) + u64::from(extra_len),
        extra,
    })
}

/// Local headers from `start` to `end`, by their magic and by the sizes they give.
pub(super) fn walk(source: &Source, start: u64, end: u64) -> Vec<Local> {
    const CHUNK: u64 = 1 << 20;
    let mut found = Vec::new();
    let mut at = start;
    // Headers may follow closely: a long piece is read only where none is near.
    let mut size = 64;
    while at < end && found.len() < MAX_ENTRIES {
        let chunk = source.read(at, size.min(end - at) as usize);
        let Some(hit) = memchr::memmem::find(&chunk, b"PK\x03\x04") else {
            if (chunk.len() as u64) < size {
                break;
            }
            at += size - 3;
            size = (size * 8).min(CHUNK);
            continue;
        };
        size = 64;
        let place = at + hit as u64;
        match local(source, place) {
            Some(local)
                if !local.entry.name.is_empty() && matches!(local.entry.method, 0 | 8..=99) =>
            {
                let next = local.data.saturating_add(local.entry.packed);
                at = if next <= end {
                    next.max(place + 4)
                } else {
                    place + 4
                };
                found.push(local);
            }
            _ => at = place + 4,
        }
    }
    found
}
