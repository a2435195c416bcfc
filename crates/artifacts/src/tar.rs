//! Tar archives: ustar, GNU long names and PAX paths. Links and names that lead outside are findings, members
//! are inspected by content.

use std::collections::BTreeSet;

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::pickle;
use crate::source::Source;
use crate::technique;
use crate::zip::{Member, check_path, leads_outside};

const MAX_ENTRIES: usize = 50_000;
/// Bytes of padding that are looked at, when they are not zero.
const MAX_PADDING: usize = 4 << 20;
/// Bytes of a name that stands in a member of its own.
const MAX_NAME: u64 = 64 << 10;

/// A header whose checksum is right.
pub(crate) fn is_tar(source: &Source) -> bool {
    source.array::<512>(0).is_some_and(|block| checksum(&block))
}

fn checksum(block: &[u8; 512]) -> bool {
    let Some(stored) = octal(&block[148..156]) else {
        return false;
    };
    if block[0] == 0 {
        return false;
    }
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            u64::from(if (148..156).contains(&at) {
                b' '
            } else {
                *byte
            })
        })
        .sum();
    sum == stored
}

/// Octal digits, or the GNU base-256 form.
fn octal(field: &[u8]) -> Option<u64> {
    if field.first()? & 0x80 != 0 {
        return Some(
            field[1..]
                .iter()
                .fold(0u64, |value, byte| value << 8 | u64::from(*byte)),
        );
    }
    let text = std::str::from_utf8(field).ok()?;
    let text = text.trim_matches(|c| matches!(c, '\0' | ' '));
    if text.is_empty() {
        return None;
    }
    u64::from_str_radix(text, 8).ok()
}

fn field(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// The value of a key in PAX records (`len key=value\n`).
fn pax(records: &[u8], key: &str) -> Option<String> {
    let text = String::from_utf8_lossy(records);
    text.lines().find_map(|line| {
        let (_, record) = line.split_once(' ')?;
        let (name, value) = record.split_once('=')?;
        (name == key).then(|| value.to_owned())
    })
}

/// Reads the archive, reports what leads outside, hands out the members.
pub(crate) fn members(inspection: &mut Inspection, source: &Source) -> Vec<Member> {
    inspection.format("tar");
    let mut members = Vec::new();
    let mut names = BTreeSet::new();
    let mut links: BTreeSet<String> = BTreeSet::new();
    let (mut long_name, mut long_link) = (None, None);
    let mut at = 0;
    let mut padding = Vec::new();
    while members.len() < MAX_ENTRIES {
        let Some(block) = source.array::<512>(at) else {
            break;
        };
        if block.iter().all(|b| *b == 0) {
            break;
        }
        if !checksum(&block) {
            inspection.report(
                Verdict::Unknown,
                technique::PICKLE_TRUNCATED,
                at,
                "a broken tar header: what follows was not read",
            );
            break;
        }
        let size = octal(&block[124..136]).unwrap_or(0);
        let body = source.slice(at + 512, size);
        if body.len() < size {
            inspection.report(
                Verdict::Unknown,
                technique::PICKLE_TRUNCATED,
                at,
                "a member is longer than the archive",
            );
        }
        let Some(next) = size
            .checked_next_multiple_of(512)
            .and_then(|size| size.checked_add(at + 512))
        else {
            break;
        };
        let end = at + 512 + size;
        at = next;
        let pad = source.read(end, (next - end) as usize);
        if padding.len() < MAX_PADDING && pad.iter().any(|byte| *byte != 0) {
            padding.extend_from_slice(&pad);
        }
        match block[156] {
            b'L' => {
                long_name = Some(field(&body.read(0, MAX_NAME as usize)));
                continue;
            }
            b'K' => {
                long_link = Some(field(&body.read(0, MAX_NAME as usize)));
                continue;
            }
            b'x' | b'X' => {
                let records = body.read(0, MAX_NAME as usize);
                long_name = pax(&records, "path").or(long_name);
                long_link = pax(&records, "linkpath").or(long_link);
                continue;
            }
            b'g' => {
                // For all members that follow.
                let records = body.read(0, MAX_NAME as usize);
                for key in ["path", "linkpath"] {
                    if let Some(path) = pax(&records, key) {
                        check_path(inspection, &path, at);
                    }
                }
                continue;
            }
            _ => {}
        }
        let prefix = if block[257..262] == *b"ustar" {
            field(&block[345..500])
        } else {
            String::new()
        };
        let short = field(&block[..100]);
        let short = if prefix.is_empty() {
            short
        } else {
            format!("{prefix}/{short}")
        };
        let name = long_name.take().unwrap_or(short);
        let link = long_link.take().unwrap_or_else(|| field(&block[157..257]));
        check_path(inspection, &name, at);
        match block[156] {
            b'1' | b'2' => {
                links.insert(name.clone());
                check_link(inspection, &name, &link, block[156] == b'2', at);
            }
            b'3' | b'4' | b'6' => inspection.report(
                Verdict::Malicious,
                technique::ARCHIVE_DEVICE,
                at,
                format!("{} is a device or a pipe", printable(&name)),
            ),
            b'5' => {}
            _ => {
                let through = name
                    .match_indices('/')
                    .any(|(slash, _)| links.contains(&name[..slash]));
                if through {
                    inspection.report(
                        Verdict::Malicious,
                        technique::ARCHIVE_LINK,
                        at,
                        format!(
                            "{} is unpacked through a link of the archive",
                            printable(&name)
                        ),
                    );
                }
                if !names.insert(name.clone()) {
                    inspection.report(
                        Verdict::Suspicious,
                        technique::ZIP_DUPLICATE,
                        at,
                        format!("{} is in the archive more than once", printable(&name)),
                    );
                }
                members.push(Member { name, source: body });
            }
        }
    }
    pickle::search(inspection, &Source::of_bytes(padding), 0);
    members.extend(behind(inspection, source, at));
    members
}

/// What stands behind the end of the archive, which loaders fill with zeros.
fn behind(inspection: &mut Inspection, source: &Source, end: u64) -> Option<Member> {
    let mut at = end;
    loop {
        at = source.run_end(at);
        let piece = source.read(at, 1 << 16);
        if piece.is_empty() {
            return None;
        }
        if let Some(first) = piece.iter().position(|byte| *byte != 0) {
            at += first as u64;
            break;
        }
        at += piece.len() as u64;
    }
    // Blocks are whole: what was appended begins with one, or right here.
    inspection.report(
        Verdict::Clean,
        technique::ZIP_EXTRA,
        at,
        format!("{} bytes stand behind the archive", source.len() - at),
    );
    let rest = source.slice(at, u64::MAX);
    if !is_tar(&rest) {
        pickle::search(inspection, &rest, 0);
    }
    Some(Member {
        name: "(behind the archive)".to_owned(),
        source: rest,
    })
}

fn check_link(inspection: &mut Inspection, name: &str, link: &str, symbolic: bool, at: u64) {
    let target = if symbolic && !link.starts_with('/') {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{link}")
            .trim_start_matches('/')
            .to_owned()
    } else {
        link.to_owned()
    };
    let outside = leads_outside(&target);
    inspection.report(
        if outside {
            Verdict::Malicious
        } else {
            Verdict::Clean
        },
        technique::ARCHIVE_LINK,
        at,
        format!(
            "{} is a link to {}{}",
            printable(name),
            printable(link),
            if outside {
                ", outside of the archive"
            } else {
                ""
            }
        ),
    );
}

/// Inspects a tar archive.
pub(crate) fn inspect(inspection: &mut Inspection, name: &str, source: &Source) {
    let members = members(inspection, source);
    crate::bundle::inspect(inspection, name, &members);
}
