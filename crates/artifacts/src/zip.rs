//! Zip archives, read three ways: by the central directory, by the local headers, and by duplicates.
//!
//! Loaders disagree on which one counts, so the union of what any of them reaches is inspected, and a
//! disagreement is itself a finding. Members are found by content, never by name.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::artifact::Verdict;

use crate::encoding;
use crate::inspection::{Inspection, printable};
use crate::source::Source;
use crate::technique::{self, Technique};

/// Members that are listed of one archive.
const MAX_ENTRIES: usize = 100_000;
/// The comment behind the directory, and the record itself.
const MAX_TAIL: u64 = 65_557;
/// Records of a directory's end that are tried.
const MAX_RECORDS: usize = 16;
/// Bytes searched for local headers between members.
const MAX_GAP: u64 = 64 << 20;

/// One member as a reading describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    pub(crate) size: u64,
    /// Of the local header.
    offset: u64,
    external: u32,
}

/// The local header of a member and where its data begins.
#[derive(Clone, Debug)]
struct Local {
    entry: Entry,
    data: u64,
}

/// An archive's directory.
#[derive(Debug, Default)]
struct Directory {
    entries: Vec<Entry>,
    /// Bytes before the archive: offsets in it are relative to here.
    shift: u64,
    /// Where the directory begins and the archive ends.
    start: u64,
    end: u64,
}

/// A member with its bytes.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) source: Source,
}

/// Is there an archive in it, at its start or at its end?
pub(crate) fn is_zip(source: &Source, deep: bool) -> bool {
    let head = source.array::<4>(0).unwrap_or_default();
    if head == *b"PK\x03\x04" || head == *b"PK\x05\x06" {
        return true;
    }
    let tail = if deep { MAX_TAIL } else { 22 };
    let from = source.len().saturating_sub(tail);
    let bytes = source.read(from, tail as usize);
    memchr::memmem::rfind_iter(&bytes, b"PK\x05\x06")
        .take(MAX_RECORDS)
        .any(|at| has_entries(source, from + at as u64))
}

/// Reads the archive, reports what readings disagree about, and hands out the union of members.
pub(crate) fn members(inspection: &mut Inspection, source: &Source) -> Vec<Member> {
    inspection.format("zip");
    let last = last_record(source);
    let directory = last.and_then(|at| directory(source, at));
    let Some(directory) = directory else {
        inspection.report(
            Verdict::Suspicious,
            technique::ZIP_DISAGREES,
            0,
            "a zip archive without a readable central directory: some loaders refuse it, others walk its local headers",
        );
        let locals = walk(source, 0, source.len());
        return locals
            .iter()
            .filter_map(|local| open(inspection, source, local, &local.entry))
            .collect();
    };
    if directory.shift > 0 {
        inspection.report(
            Verdict::Clean,
            technique::ZIP_EXTRA,
            0,
            format!("{} bytes stand before the archive", directory.shift),
        );
    }
    let mut names: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for entry in &directory.entries {
        *names.entry(key(&entry.name)).or_default() += 1;
    }
    let mut members = Vec::new();
    let mut used: BTreeSet<u64> = BTreeSet::new();
    let mut opened: BTreeSet<(u64, u64)> = BTreeSet::new();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    // Members may share bytes: all sums together read the archive twice at most.
    let mut checksum_left = source.len().saturating_mul(2);
    for entry in &directory.entries {
        check_name(inspection, source, &directory, entry);
        let at = entry.offset.saturating_add(directory.shift);
        if names.get(&key(&entry.name)).is_some_and(|n| *n > 1) {
            inspection.report(
                Verdict::Suspicious,
                technique::ZIP_DUPLICATE,
                at,
                format!(
                    "{} is in the archive more than once: loaders take different ones",
                    shown(&entry.name)
                ),
            );
        }
        let Some(local) = local(source, at) else {
            inspection.report(
                Verdict::Suspicious,
                technique::ZIP_DISAGREES,
                at,
                format!(
                    "{} has no local header where the directory says",
                    shown(&entry.name)
                ),
            );
            continue;
        };
        let is_new = used.insert(at);
        if !opened.insert((at, entry.packed)) && !is_new {
            // The same bytes under another name were opened already; that they are shared is reported.
            ranges.push((at, local.data + entry.packed));
            continue;
        }
        let check_sum = checksum_left >= entry.packed;
        if check_sum {
            checksum_left -= entry.packed;
        }
        compare(inspection, source, entry, &local, check_sum);
        let packed = entry
            .packed
            .max(local.entry.packed)
            .min(source.len().saturating_sub(local.data));
        ranges.push((at, local.data + entry.packed));
        let mut described = entry.clone();
        described.packed = packed;
        members.extend(open(inspection, source, &local, &described));
    }
    ranges.sort_unstable();
    if ranges.windows(2).any(|pair| pair[1].0 < pair[0].1) {
        inspection.report(
            Verdict::Suspicious,
            technique::ZIP_OVERLAP,
            0,
            "members share bytes: the archive unpacks to far more than it holds, or to what its directory does not show",
        );
    }
    hidden(inspection, source, &directory, &ranges, &used, &mut members);
    members
}

/// Names that are the same to a loader: torch does not tell capitals apart.
fn key(name: &[u8]) -> Vec<u8> {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(b".pkl") {
        lower
    } else {
        name.to_vec()
    }
}

/// Members between, before and behind those of the directory.
fn hidden(
    inspection: &mut Inspection,
    source: &Source,
    directory: &Directory,
    ranges: &[(u64, u64)],
    used: &BTreeSet<u64>,
    members: &mut Vec<Member>,
) {
    let mut gaps = Vec::new();
    let mut at = 0;
    for (start, end) in ranges {
        if *start > at {
            gaps.push((at, *start));
        }
        at = at.max(*end);
    }
    gaps.push((at, directory.start));
    gaps.push((directory.end, source.len()));
    for (start, end) in gaps {
        if end <= start || end - start > MAX_GAP {
            continue;
        }
        for local in walk(source, start, end) {
            if used.contains(&local.entry.offset) {
                continue;
            }
            inspection.report(
                Verdict::Suspicious,
                technique::ZIP_HIDDEN,
                local.entry.offset,
                format!("{} is in the archive but not in its directory: some loaders read it, others do not", shown(&local.entry.name)),
            );
            members.extend(open(inspection, source, &local, &local.entry));
        }
    }
    let behind = source.len().saturating_sub(directory.end);
    if behind > 0 {
        inspection.report(
            Verdict::Clean,
            technique::ZIP_EXTRA,
            directory.end,
            format!("{behind} bytes stand behind the archive"),
        );
        members.push(Member {
            name: "(behind the archive)".to_owned(),
            source: source.slice(directory.end, behind),
        });
    }
}

fn shown(name: &[u8]) -> String {
    printable(&String::from_utf8_lossy(name))
}

/// The last end-of-directory record, also when it is not where it should be.
fn last_record(source: &Source) -> Option<u64> {
    let from = source.len().saturating_sub(MAX_TAIL);
    let bytes = source.read(from, MAX_TAIL as usize);
    // The last one whose directory can be read: a comment may hold another one.
    memchr::memmem::rfind_iter(&bytes, b"PK\x05\x06")
        .map(|at| from + at as u64)
        .take(MAX_RECORDS)
        .find(|at| has_entries(source, *at) || directory(source, *at).is_some())
}

/// Does a record lead to an entry of a directory? Cheap: entries are not read.
fn has_entries(source: &Source, record: u64) -> bool {
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

fn directory(source: &Source, record: u64) -> Option<Directory> {
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

fn local(source: &Source, at: u64) -> Option<Local> {
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
    })
}

/// Local headers from `start` to `end`, by their magic and by the sizes they give.
fn walk(source: &Source, start: u64, end: u64) -> Vec<Local> {
    const CHUNK: u64 = 1 << 20;
    let mut found = Vec::new();
    let mut at = start;
    while at < end && found.len() < MAX_ENTRIES {
        let chunk = source.read(at, CHUNK.min(end - at) as usize);
        let Some(hit) = memchr::memmem::find(&chunk, b"PK\x03\x04") else {
            if (chunk.len() as u64) < CHUNK {
                break;
            }
            at += CHUNK - 3;
            continue;
        };
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

fn compare(
    inspection: &mut Inspection,
    source: &Source,
    entry: &Entry,
    local: &Local,
    check_sum: bool,
) {
    let name = shown(&entry.name);
    let mut differs = |technique: Technique, verdict, what: &str| {
        inspection.report(
            verdict,
            technique,
            local.entry.offset,
            format!("{name}: {what}"),
        );
    };
    if entry.name != local.entry.name {
        differs(
            technique::ZIP_DISAGREES,
            Verdict::Suspicious,
            &format!("its local header calls it {}", shown(&local.entry.name)),
        );
    }
    if entry.method != local.entry.method {
        differs(
            technique::ZIP_DISAGREES,
            Verdict::Suspicious,
            "directory and local header name different methods",
        );
    }
    let encrypted = 1 | 1 << 6 | 1 << 13;
    if (entry.flags & encrypted) != (local.entry.flags & encrypted)
        || (entry.flags ^ local.entry.flags) & (1 << 5) != 0
    {
        differs(
            technique::ZIP_DISAGREES,
            Verdict::Suspicious,
            "directory and local header disagree whether it is encrypted or patched",
        );
    } else if entry.flags & (encrypted | 1 << 5) != 0 {
        differs(
            technique::ZIP_ENCRYPTED,
            Verdict::Suspicious,
            "is encrypted, or says so: it cannot be checked",
        );
    }
    let later = local.entry.flags & 8 != 0;
    if !later {
        if entry.size != local.entry.size || entry.packed != local.entry.packed {
            differs(
                technique::ZIP_DISAGREES,
                Verdict::Suspicious,
                "directory and local header give different sizes",
            );
        } else if entry.crc != local.entry.crc {
            differs(
                technique::ZIP_DISAGREES,
                Verdict::Suspicious,
                "directory and local header give different checksums",
            );
        }
    }
    if entry.method == 0 && entry.size != entry.packed {
        differs(
            technique::ZIP_DISAGREES,
            Verdict::Suspicious,
            "is stored, yet its two sizes differ",
        );
    }
    // Checksums of small members: Python refuses a wrong one, torch does not look.
    if check_sum && entry.method == 0 && entry.packed <= 1 << 20 {
        let bytes = source.read(local.data, entry.packed as usize);
        if bytes.len() as u64 == entry.packed && crc32fast::hash(&bytes) != entry.crc {
            differs(
                technique::ZIP_DISAGREES,
                Verdict::Suspicious,
                "its checksum is wrong: Python refuses it, torch does not look",
            );
        }
    }
}

fn check_name(inspection: &mut Inspection, source: &Source, directory: &Directory, entry: &Entry) {
    let name = String::from_utf8_lossy(&entry.name).into_owned();
    check_path(inspection, &name, entry.offset);
    if entry.external >> 16 & 0o170_000 == 0o120_000 {
        let target = local(source, entry.offset.saturating_add(directory.shift))
            .map(|local| source.read(local.data, entry.packed.min(4096) as usize))
            .unwrap_or_default();
        let target = String::from_utf8_lossy(&target).into_owned();
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let outside = entry.method == 0
            && (target.starts_with('/')
                || leads_outside(format!("{folder}/{target}").trim_start_matches('/')));
        inspection.report(
            if outside {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::ARCHIVE_LINK,
            entry.offset,
            format!("{} is a link to {}", printable(&name), printable(&target)),
        );
    }
}

/// Does a member's path lead out of the folder it is unpacked to?
pub(crate) fn check_path(inspection: &mut Inspection, name: &str, offset: u64) {
    if leads_outside(name) {
        inspection.report(
            Verdict::Malicious,
            technique::ARCHIVE_SLIP,
            offset,
            format!(
                "the member {} would be unpacked outside of its folder",
                printable(name)
            ),
        );
    }
}

/// Absolute, with a drive, or climbing above where it starts.
pub(crate) fn leads_outside(path: &str) -> bool {
    let path = path.replace('\\', "/");
    if path.starts_with('/') || path.contains('\0') || path.get(1..3).is_some_and(|d| d == ":/") {
        return true;
    }
    let mut depth = 0i64;
    for part in path.split('/') {
        match part {
            ".." => depth -= 1,
            "" | "." => {}
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

/// The member's bytes, decoded under the budget.
fn open(
    inspection: &mut Inspection,
    source: &Source,
    local: &Local,
    entry: &Entry,
) -> Option<Member> {
    let name = String::from_utf8_lossy(&entry.name).into_owned();
    if name.ends_with('/') && entry.packed == 0 {
        return None;
    }
    let packed = if entry.packed == 0 && local.entry.flags & 8 != 0 {
        // The sizes stand behind the data.
        source.len() - local.data.min(source.len())
    } else {
        entry.packed
    };
    let body = source.slice(local.data, packed);
    // What a header says and what the data is may differ: stored data under a compressed method is read too.
    let decoded = match local.entry.method.max(entry.method) {
        0 => return Some(Member { name, source: body }),
        8 => encoding::inflate(&body, inspection.decoded_left),
        12 => encoding::decode(&body, encoding::Compression::Bzip2, inspection.decoded_left),
        14 => {
            // Four bytes of version and size, then raw properties without a length.
            let mut bytes = body.read(4, 5);
            bytes.extend([0xff; 8]);
            bytes.extend(body.read(9, 64 << 20));
            encoding::decode(
                &Source::of_bytes(bytes),
                encoding::Compression::Lzma,
                inspection.decoded_left.min(entry.size.max(1)),
            )
        }
        93 => encoding::decode(&body, encoding::Compression::Zstd, inspection.decoded_left),
        95 => encoding::decode(&body, encoding::Compression::Xz, inspection.decoded_left),
        method => {
            inspection.report(
                Verdict::Suspicious,
                technique::ZIP_METHOD,
                local.entry.offset,
                format!(
                    "{} is compressed by method {method}, which no loader of models knows",
                    printable(&name)
                ),
            );
            return Some(Member { name, source: body });
        }
    };
    if decoded.broken && decoded.bytes.is_empty() && body.len() > 0 {
        inspection.report(
            Verdict::Suspicious,
            technique::ZIP_DISAGREES,
            local.data,
            format!(
                "{} cannot be decoded the way its header says",
                printable(&name)
            ),
        );
        return Some(Member { name, source: body });
    }
    inspection.decoded(decoded.bytes.len() as u64);
    if decoded.cut {
        let is_bomb = decoded.bytes.len() as u64 / body.len().max(1) >= 200;
        inspection.report(
            if is_bomb {
                Verdict::Suspicious
            } else {
                Verdict::Unknown
            },
            if is_bomb {
                technique::BOMB
            } else {
                technique::BUDGET
            },
            local.data,
            format!(
                "{} is larger than the budget: not decoded to its end",
                printable(&name)
            ),
        );
    }
    Some(Member {
        name,
        source: Source::of_bytes(decoded.bytes),
    })
}

/// Inspects a zip archive.
pub(crate) fn inspect(inspection: &mut Inspection, name: &str, source: &Source) {
    let members = members(inspection, source);
    crate::bundle::inspect(inspection, name, &members);
}
