//! Members of a zip archive, one after the other: as much of the format as exports of advisories use.
//!
//! Stored and deflated members, with 64-bit directories, of which a large export has one. Sizes are bounded; what is
//! damaged is counted and left out.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
const DIRECTORY: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
/// A comment at the end is at most so long.
const LONGEST_TAIL: usize = 22 + 0xffff;

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(field.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(field.try_into().ok()?))
}

fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

fn u64_at(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(8)?)?;
    usize::try_from(u64::from_le_bytes(field.try_into().ok()?)).ok()
}

/// Hands each member's name and content to `take`; members larger than `most` and damaged ones are counted instead.
pub(super) fn each(
    bytes: &[u8],
    most: u64,
    mut take: impl FnMut(&[u8], &[u8]),
) -> Result<u64, String> {
    let (mut at, count) = directory(bytes).ok_or("no zip archive, or a damaged one")?;
    let mut left_out = 0;
    for _ in 0..count {
        let entry = entry(bytes, at).ok_or("its directory is damaged")?;
        at = entry.next;
        if entry.name.ends_with(b"/") {
            continue;
        }
        match content(bytes, &entry, most) {
            Some(content) => take(entry.name, &content),
            None => left_out += 1,
        }
    }
    Ok(left_out)
}

/// Where the directory begins, and how many entries it has.
fn directory(bytes: &[u8]) -> Option<(usize, usize)> {
    let from = bytes.len().saturating_sub(LONGEST_TAIL);
    let last = bytes.len().checked_sub(22)?;
    let end = (from..=last)
        .rev()
        .find(|at| u32_at(bytes, *at) == Some(END))?;
    let (count, start) = (u16_at(bytes, end + 10)?, size_at(bytes, end + 16)?);
    if count != 0xffff && start != 0xffff_ffff {
        return Some((start, count));
    }
    let locator = end.checked_sub(20)?;
    if u32_at(bytes, locator)? != LOCATOR_64 {
        return None;
    }
    let end = u64_at(bytes, locator + 8)?;
    if u32_at(bytes, end)? != END_64 {
        return None;
    }
    let count = u64_at(bytes, end.checked_add(32)?)?;
    // No entry is shorter than 46 bytes: a count that does not fit is made up.
    let start = u64_at(bytes, end.checked_add(48)?)?;
    (count <= bytes.len() / 46).then_some((start, count))
}

struct Entry<'b> {
    name: &'b [u8],
    method: usize,
    packed: usize,
    unpacked: usize,
    local: usize,
    next: usize,
}

fn entry(bytes: &[u8], at: usize) -> Option<Entry<'_>> {
    if u32_at(bytes, at)? != DIRECTORY {
        return None;
    }
    let (name_len, extra_len, comment_len) = (
        u16_at(bytes, at + 28)?,
        u16_at(bytes, at + 30)?,
        u16_at(bytes, at + 32)?,
    );
    let name_at = at + 46;
    let extra_at = name_at + name_len;
    let mut entry = Entry {
        name: bytes.get(name_at..extra_at)?,
        method: u16_at(bytes, at + 10)?,
        packed: size_at(bytes, at + 20)?,
        unpacked: size_at(bytes, at + 24)?,
        local: size_at(bytes, at + 42)?,
        next: extra_at + extra_len + comment_len,
    };
    let mut extra = bytes.get(extra_at..extra_at + extra_len)?;
    while let (Some(id), Some(len)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let body = extra.get(4..4 + len)?;
        if id == 1 {
            // 64-bit values stand for those fields alone that are full, in this order.
            let mut at = 0;
            for field in [&mut entry.unpacked, &mut entry.packed, &mut entry.local] {
                if *field == 0xffff_ffff {
                    *field = u64_at(body, at)?;
                    at += 8;
                }
            }
        }
        extra = extra.get(4 + len..)?;
    }
    Some(entry)
}

fn content(bytes: &[u8], entry: &Entry<'_>, most: u64) -> Option<Vec<u8>> {
    if entry.unpacked as u64 > most || u32_at(bytes, entry.local)? != LOCAL {
        return None;
    }
    let start = entry
        .local
        .checked_add(30 + u16_at(bytes, entry.local + 26)? + u16_at(bytes, entry.local + 28)?)?;
    let packed = bytes.get(start..start.checked_add(entry.packed)?)?;
    match entry.method {
        0 => (packed.len() == entry.unpacked).then(|| packed.to_vec()),
        8 => {
            let mut out = Vec::with_capacity(entry.unpacked);
            // One byte more than is declared shows that more is there.
            let read = DeflateDecoder::new(packed)
                .take(entry.unpacked as u64 + 1)
                .read_to_end(&mut out);
            (read.is_ok() && out.len() == entry.unpacked).then_some(out)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;

    use super::*;

    /// An archive, with the 64-bit directory of a large one if asked for.
    fn archive(members: &[(&str, &[u8])], is_64: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        for (name, content) in members {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(content).unwrap();
            let packed = encoder.finish().unwrap();
            let local = out.len() as u32;
            out.extend(LOCAL.to_le_bytes());
            out.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            out.extend((packed.len() as u32).to_le_bytes());
            out.extend((content.len() as u32).to_le_bytes());
            out.extend((name.len() as u16).to_le_bytes());
            out.extend([0, 0]);
            out.extend(name.as_bytes());
            out.extend(&packed);
            directory.extend(DIRECTORY.to_le_bytes());
            directory.extend([20, 0, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            directory.extend((packed.len() as u32).to_le_bytes());
            directory.extend((content.len() as u32).to_le_bytes());
            directory.extend((name.len() as u16).to_le_bytes());
            directory.extend([0; 12]);
            directory.extend(local.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let start = out.len() as u64;
        out.extend(&directory);
        let end_64 = out.len() as u64;
        if is_64 {
            out.extend(END_64.to_le_bytes());
            out.extend(44_u64.to_le_bytes());
            out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            out.extend((members.len() as u64).to_le_bytes());
            out.extend((members.len() as u64).to_le_bytes());
            out.extend((directory.len() as u64).to_le_bytes());
            out.extend(start.to_le_bytes());
            out.extend(LOCATOR_64.to_le_bytes());
            out.extend([0; 4]);
            out.extend(end_64.to_le_bytes());
            out.extend([1, 0, 0, 0]);
        }
        out.extend(END.to_le_bytes());
        out.extend([0; 4]);
        let count = if is_64 { 0xffff } else { members.len() as u16 };
        out.extend(count.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend((directory.len() as u32).to_le_bytes());
        let start = if is_64 { u32::MAX } else { start as u32 };
        out.extend(start.to_le_bytes());
        out.extend([0, 0]);
        out
    }

    /// Name and content.
    type Member = (Vec<u8>, Vec<u8>);

    fn members(bytes: &[u8], most: u64) -> Result<(Vec<Member>, u64), String> {
        let mut all = Vec::new();
        let left_out = each(bytes, most, |name, content| {
            all.push((name.to_vec(), content.to_vec()));
        })?;
        Ok((all, left_out))
    }

    #[test]
    fn members_are_read_from_small_and_large_directories() {
        let given: [(&str, &[u8]); 2] = [("a.json", b"{}"), ("b/c.json", b"[1, 1, 1, 1, 1, 1, 1]")];
        for is_64 in [false, true] {
            let (read, left_out) = members(&archive(&given, is_64), 100).unwrap();
            let read: Vec<(&str, &[u8])> = read
                .iter()
                .map(|(name, content)| (std::str::from_utf8(name).unwrap(), content.as_slice()))
                .collect();
            assert_eq!((read.as_slice(), left_out), (given.as_slice(), 0));
            let (read, left_out) = members(&archive(&given, is_64), 10).unwrap();
            assert_eq!((read.len(), left_out), (1, 1));
        }
    }

    #[test]
    fn no_damage_makes_it_panic() {
        let whole = archive(&[("a.json", b"{\"id\": \"x\"}")], true);
        for cut in 0..whole.len() {
            let _ = members(&whole[..cut], 100);
            let mut changed = whole.clone();
            changed[cut] ^= 0xff;
            let _ = members(&changed, 100);
        }
        assert!(members(b"no archive", 100).is_err());
    }
}
