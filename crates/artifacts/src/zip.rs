//! Zip archives, read three ways: by the central directory, by the local headers, and by duplicates.
//!
//! Loaders disagree on which one counts, so the union of what any of them reaches is inspected, and a
//! disagreement is itself a finding. Members are found by content, never by name.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::artifact::Verdict;

use crate::compression::{self, Compression};
use crate::inspection::{Inspection, bytes_stand, printable};
use crate::source::Source;
use crate::technique::{self, Technique};
use crate::{executable, hidden, pickle};

mod directory;
mod names;

use directory::{Directory, Entry, Local, directories, local, walk};
pub(crate) use directory::{is_zip, span};
use names::{check_name, check_unicode};
pub(crate) use names::{check_path, leads_outside};

/// Bytes searched for local headers between members.
const MAX_GAP: u64 = 64 << 20;
/// Bytes of extra fields, and of the directory's texts, that are looked at.
const MAX_EXTRAS: usize = 16 << 20;

/// Extensions of members that loaders ask for by name.
const WEIGHTS: &[&str] = &[
    "bin",
    "pt",
    "pth",
    "ckpt",
    "npy",
    "h5",
    "safetensors",
    "onnx",
    "pickle",
    "joblib",
    "msgpack",
    "index",
];

/// A member with its bytes.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) source: Source,
}

/// Reads the archive, reports what readings disagree about, and hands out the union of members.
pub(crate) fn members(inspection: &mut Inspection, source: &Source) -> Vec<Member> {
    inspection.format("zip");
    let Some((directory, others)) = directories(source) else {
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
            format!("{} before the archive", bytes_stand(directory.shift)),
        );
    }
    agree(inspection, &directory, &others);
    // Arrays are looked up by their names as they are, and no file is written.
    let is_arrays = directory
        .entries
        .iter()
        .all(|entry| entry.name.to_ascii_lowercase().ends_with(b".npy"));
    let key = |name: &[u8]| key(name, is_arrays);
    let mut names: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for entry in &directory.entries {
        *names.entry(key(&entry.name)).or_default() += 1;
        if let Some(unicode) = entry.unicode.as_ref().filter(|name| **name != entry.name) {
            *names.entry(key(unicode)).or_default() += 1;
        }
    }
    let mut members = Vec::new();
    let mut used: BTreeSet<u64> = BTreeSet::new();
    let mut opened: BTreeSet<(u64, u64)> = BTreeSet::new();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    // Members may share bytes: all sums together read the archive twice at most.
    let mut checksum_left = source.len().saturating_mul(2);
    let mut extras = Vec::new();
    // What loaders read first is decoded first: nothing before it can use up the budget.
    let mut entries: Vec<(u64, &Entry)> = Vec::new();
    let mut known = BTreeSet::new();
    for directory in std::iter::once(&directory).chain(&others) {
        let is_main = entries.is_empty();
        for entry in &directory.entries {
            let at = entry.offset.saturating_add(directory.shift);
            // What directories agree on is looked at once.
            if known.insert((at, entry.packed, entry.method, &entry.name)) || is_main {
                entries.push((at, entry));
            }
        }
    }
    entries.sort_by_key(|(_, entry)| !is_first(&entry.name));
    for (at, entry) in entries {
        check_name(inspection, source, at, entry);
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
        check_unicode(inspection, &local.entry, at);
        let packed = entry
            .packed
            .max(local.entry.packed)
            .min(source.len().saturating_sub(local.data));
        ranges.push((at, local.data + entry.packed));
        if extras.len() < MAX_EXTRAS && local.extra.iter().any(|byte| *byte != 0) {
            extras.extend_from_slice(&local.extra);
        }
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
    gaps(inspection, source, &directory, &ranges, &used, &mut members);
    // Extra fields and comments: no loader of models reads them, and they may hold anything.
    pickle::search(inspection, &Source::of_bytes(extras), 0);
    let tables = source.slice(directory.start, directory.end - directory.start);
    pickle::search(inspection, &tables, 0);
    hidden::inspect(inspection, &tables.read(0, MAX_EXTRAS));
    members
}

/// Is it a member that says how the others are read?
fn is_first(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    [&b".pkl"[..], b".json", b".py", b".yaml", b"version"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// What the directories say of each other and of themselves.
fn agree(inspection: &mut Inspection, directory: &Directory, others: &[Directory]) {
    for directory in std::iter::once(directory).chain(others) {
        if let Some(odd) = directory.odd {
            inspection.report(
                Verdict::Suspicious,
                technique::ZIP_DISAGREES,
                directory.start,
                format!("the central directory {odd}"),
            );
        }
        if directory.is_cut {
            inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                directory.start,
                "the archive has more members than were read",
            );
        }
    }
    if let Some(other) = others.first() {
        inspection.report(
            Verdict::Suspicious,
            technique::ZIP_DISAGREES,
            other.start,
            format!(
                "the archive has {} central directories: Python and torch read different ones",
                others.len() + 1
            ),
        );
    }
}

/// Names that are the same to a loader: torch does not tell capitals apart, some systems neither; paths can be written
/// in several ways.
fn key(name: &[u8], tells_capitals: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for part in name.split(|byte| matches!(byte, b'/' | b'\\')) {
        if !matches!(part, b"" | b".") {
            out.push(b'/');
            out.extend(part);
        }
    }
    if tells_capitals {
        return out;
    }
    // What is no model has such names: a program's classes, a file for each system.
    let lower = out.to_ascii_lowercase();
    let extension = lower.rsplit(|byte| *byte == b'.').next();
    let is_loaded = is_first(&lower)
        || extension.is_some_and(|extension| {
            let extension = std::str::from_utf8(extension).unwrap_or_default();
            WEIGHTS.contains(&extension)
        });
    if is_loaded { lower } else { out }
}

/// Members, and other content, between, before and behind those of the directory.
fn gaps(
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
        if end <= start {
            continue;
        }
        // Behind the archive is a member of its own.
        if start < directory.end {
            pickle::search(inspection, &source.slice(start, end - start), 0);
        }
        if end - start > MAX_GAP {
            inspection.report(
                Verdict::Unknown,
                technique::ZIP_EXTRA,
                start,
                format!(
                    "{} bytes between members were not walked for others",
                    end - start
                ),
            );
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
            format!("{} behind the archive", bytes_stand(behind)),
        );
        // Zeros would hide what it is.
        let at = pickle::skip_padding(source, directory.end);
        let rest = source.slice(at, u64::MAX);
        if let Some(kind) = executable::kind(&rest) {
            inspection.report(
                Verdict::Suspicious,
                technique::TAIL,
                at,
                format!("a program ({kind}) stands behind the archive"),
            );
        }
        members.push(Member {
            name: "(behind the archive)".to_owned(),
            source: rest,
        });
    }
}

fn shown(name: &[u8]) -> String {
    printable(&String::from_utf8_lossy(name))
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
    if later {
        // The sizes stand behind the data, for those who read without a directory.
        let behind = source.read(local.data.saturating_add(entry.packed), 24);
        let said = behind.strip_prefix(b"PK\x07\x08").map(|said| {
            let four = |at: usize| {
                let four = said.get(at..at + 4)?;
                Some(u64::from(u32::from_le_bytes(four.try_into().ok()?)))
            };
            let eight = |at: usize| {
                let eight = said.get(at..at + 8)?;
                Some(u64::from_le_bytes(eight.try_into().ok()?))
            };
            let sizes = Some((entry.packed, entry.size));
            four(0) == Some(entry.crc.into())
                && (four(4).zip(four(8)) == sizes || eight(4).zip(eight(12)) == sizes)
        });
        let own = [
            (local.entry.size, entry.size),
            (local.entry.packed, entry.packed),
        ];
        let differs_here = own.iter().any(|(here, there)| *here != 0 && here != there);
        if said == Some(false) || differs_here {
            differs(
                technique::ZIP_DISAGREES,
                Verdict::Suspicious,
                "directory and what stands beside the data give different sizes or checksums",
            );
        }
    } else if entry.size != local.entry.size || entry.packed != local.entry.packed {
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
    // Nothing stands between the header and what follows on a member: it is empty, and says so.
    let follows = source.array::<4>(local.data).unwrap_or_default();
    let is_empty = [*b"PK\x07\x08", *b"PK\x03\x04", *b"PK\x01\x02"].contains(&follows);
    let packed = if entry.packed == 0 && local.entry.flags & 8 != 0 && !is_empty {
        // The sizes stand behind the data.
        source.len() - local.data.min(source.len())
    } else {
        entry.packed
    };
    let body = source.slice(local.data, packed);
    // What a header says and what the data is may differ: stored data under a compressed method is read too.
    let decoded = match local.entry.method.max(entry.method) {
        0 => return Some(Member { name, source: body }),
        8 => compression::inflate(&body, inspection.limit()),
        12 => compression::decode(&body, Compression::Bzip2, inspection.limit_of_slow()),
        14 => {
            // Four bytes of version and size, then raw properties without a length.
            let mut bytes = body.read(4, 5);
            bytes.extend([0xff; 8]);
            bytes.extend(body.read(9, 64 << 20));
            // The size ends the data where no mark does.
            let raw = Source::of_bytes(bytes);
            compression::lzma_of_size(&raw, entry.size.max(1), inspection.limit_of_slow())
        }
        93 => compression::decode(&body, Compression::Zstd, inspection.limit()),
        95 => compression::decode(&body, Compression::Xz, inspection.limit_of_slow()),
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
    if decoded.broken && decoded.content.len() == 0 && body.len() > 0 {
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
    inspection.decoded(&decoded);
    let is_whole_bomb = compression::is_bomb(&decoded.content, body.len());
    if !decoded.cut && is_whole_bomb {
        inspection.report(
            Verdict::Suspicious,
            technique::BOMB,
            local.data,
            format!(
                "{} bytes of one value come out of the {} bytes of {}",
                decoded.content.len(),
                body.len(),
                printable(&name)
            ),
        );
    }
    if decoded.cut {
        let is_bomb = decoded.content.len() / body.len().max(1) >= 200;
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
        source: Source::of_sparse(decoded.content),
    })
}

/// Inspects a zip archive.
pub(crate) fn inspect(inspection: &mut Inspection, name: &str, source: &Source) {
    let members = members(inspection, source);
    crate::bundle::inspect(inspection, name, &members);
}
