//! The structures of an archive: end records, central directory, local headers.

use std::collections::BTreeSet;

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
    /// Another name, in an extra field that says it in Unicode; readers that know the field take it.
    pub(super) unicode: Option<Vec<u8>>,
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
    /// Readers do not agree on it.
    pub(super) odd: Option<&'static str>,
    /// It has more entries than were read.
    pub(super) is_cut: bool,
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

/// Where the archive begins and ends, if its readers agree on that.
pub(crate) fn span(source: &Source) -> Option<(u64, u64)> {
    let (main, others) = directories(source)?;
    others.is_empty().then_some((main.shift, main.end))
}

/// The directory that is read first, and every other one that some reader would read.
pub(super) fn directories(source: &Source) -> Option<(Directory, Vec<Directory>)> {
    let from = source.len().saturating_sub(MAX_TAIL);
    let bytes = source.read(from, MAX_TAIL as usize);
    let records: Vec<u64> = memchr::memmem::rfind_iter(&bytes, b"PK\x05\x06")
        .map(|at| from + at as u64)
        .take(MAX_RECORDS)
        .collect();
    // The last one whose directory can be read: a comment may hold another one.
    let first = records
        .iter()
        .find(|at| has_entries(source, **at) || directory(source, **at).is_some())?;
    let mut all = at_record(source, *first);
    for record in &records {
        // Some readers take the record whose comment ends where the file does.
        let comment = u64::from(source.u16(record + 20).unwrap_or_default());
        if record != first && record + 22 + comment == source.len() {
            all.extend(at_record(source, *record));
        }
    }
    let mut all = all.into_iter();
    let main = all.next()?;
    let mut starts = BTreeSet::from([main.start]);
    let others = all.filter(|other| starts.insert(other.start));
    Some((main, others.take(MAX_RECORDS).collect()))
}

/// Does a record lead to an entry of a directory? Cheap: entries are not read.
pub(super) fn has_entries(source: &Source, record: u64) -> bool {
    let is_entry = |at: Option<u64>| {
        at.and_then(|at| source.array::<4>(at))
            .is_some_and(|mark| mark == *b"PK\x01\x02")
    };
    let size = source.u32(record + 12).map(u64::from);
    let wide = record
        .checked_sub(20)
        .and_then(|at| source.array::<4>(at))
        .is_some_and(|mark| mark == *b"PK\x06\x07");
    is_entry(size.and_then(|size| record.checked_sub(size)))
        || is_entry(source.u32(record + 16).map(u64::from))
        || (wide && directory(source, record).is_some_and(|d| !d.entries.is_empty()))
}

fn directory(source: &Source, record: u64) -> Option<Directory> {
    at_record(source, record).into_iter().next()
}

/// What a record says of its directory.
#[derive(Clone, Copy, Debug)]
struct Told {
    count: u64,
    size: u64,
    offset: u64,
    /// Where the directory ends, by what stands behind it.
    end: Option<u64>,
}

/// Everything that readers may take a record to say, what Python takes first.
fn told(source: &Source, record: u64) -> Option<Vec<Told>> {
    let narrow = Told {
        count: source.u16(record + 10)?.into(),
        size: source.u32(record + 12)?.into(),
        offset: source.u32(record + 16)?.into(),
        end: Some(record),
    };
    let locator = record
        .checked_sub(20)
        .filter(|at| source.array::<4>(*at) == Some(*b"PK\x06\x07"));
    let Some(locator) = locator else {
        return Some(vec![narrow]);
    };
    let mut all = Vec::new();
    // Python looks right before the locator, others where it says.
    for at in [Some(locator.saturating_sub(56)), source.u64(locator + 8)] {
        let Some(at) = at.filter(|at| source.array::<4>(*at) == Some(*b"PK\x06\x06")) else {
            continue;
        };
        if let (Some(count), Some(size), Some(offset)) = (
            source.u64(at + 32),
            source.u64(at + 40),
            source.u64(at + 48),
        ) {
            all.push(Told {
                count,
                size,
                offset,
                end: Some(at),
            });
        }
    }
    let end = narrow.end.filter(|_| all.is_empty());
    if narrow.offset != u64::from(u32::MAX) {
        all.push(Told { end, ..narrow });
    }
    Some(all)
}

/// The directories of a record: where Python looks, which goes back from what stands behind it, and where it is said
/// to begin, which is where miniz looks, and torch with it.
fn at_record(source: &Source, record: u64) -> Vec<Directory> {
    let comment = u64::from(source.u16(record + 20).unwrap_or_default());
    let end = (record + 22 + comment).min(source.len());
    let mut all: Vec<Directory> = Vec::new();
    let told = told(source, record).unwrap_or_default();
    // What fits into the short record is the same in the long one.
    let is_wide_other = told.windows(2).any(|pair| {
        let [wide, other] = pair else { return false };
        other.count != 0xffff && other.count != wide.count
            || other.size != u64::from(u32::MAX) && other.size != wide.size
    });
    for told in told {
        let back = told.end.and_then(|end| end.checked_sub(told.size));
        let back = back.and_then(|start| Some((start, start.checked_sub(told.offset)?)));
        let mut is_back_read = false;
        for (start, shift) in back.into_iter().chain([(told.offset, 0)]) {
            let is_back = back == Some((start, shift));
            if all.iter().any(|known| known.start == start) {
                is_back_read |= is_back;
                continue;
            }
            let until = if is_back {
                told.end.unwrap_or(end)
            } else {
                end
            };
            let (entries, stop) = entries(source, start, until);
            // Nothing may be where nothing is said to be.
            if entries.is_empty() && (told.count > 0 || !is_back) {
                continue;
            }
            is_back_read |= is_back;
            let count = entries.len() as u64;
            let is_counted =
                told.count == count || told.count == count & 0xffff || entries.len() >= MAX_ENTRIES;
            // A signature of the whole may end it.
            let is_full = !is_back
                || stop >= until
                || source.array::<4>(stop) == Some(*b"PK\x05\x05")
                || entries.len() >= MAX_ENTRIES;
            let odd = if !is_back_read {
                Some("is not where its size says: readers look for it at different places")
            } else if !is_full {
                Some("holds bytes that are no entries: some readers refuse it, others stop there")
            } else if !is_counted {
                Some("has another number of entries than it says: readers stop at different ones")
            } else if is_wide_other {
                Some("is described differently by two records: readers take one or the other")
            } else {
                None
            };
            all.push(Directory {
                is_cut: entries.len() >= MAX_ENTRIES,
                entries,
                shift,
                start,
                end,
                odd,
            });
        }
    }
    all
}

/// The entries from a place on, and where they end.
fn entries(source: &Source, start: u64, until: u64) -> (Vec<Entry>, u64) {
    let mut entries = Vec::new();
    let mut at = start;
    while at < until && entries.len() < MAX_ENTRIES {
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
            unicode: None,
            flags: two(8),
            method: two(10),
            crc: four(16),
            packed: four(20).into(),
            size: four(24).into(),
            offset: four(42).into(),
            external: four(38),
        };
        extras(&mut entry, &extra, true);
        entries.push(entry);
        at += 46 + u64::from(name_len) + u64::from(extra_len) + u64::from(comment_len);
    }
    (entries, at)
}

/// Takes from the extra field 64-bit sizes where the 32-bit ones say so, and a name in Unicode that belongs to the
/// other one.
fn extras(entry: &mut Entry, mut extra: &[u8], central: bool) {
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
        // Version, checksum of the name that it is of, name.
        if id == 0x7075
            && let [1, a, b, c, d, name @ ..] = body
            && u32::from_le_bytes([*a, *b, *c, *d]) == crc32fast::hash(&entry.name)
        {
            entry.unicode = Some(name.to_vec());
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
        unicode: None,
        flags: two(6),
        method: two(8),
        crc: four(14),
        packed: four(18).into(),
        size: four(22).into(),
        offset: at,
        external: 0,
    };
    extras(&mut entry, &extra, false);
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
            Some(local) if matches!(local.entry.method, 0 | 8..=99) => {
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
