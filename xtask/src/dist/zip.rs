//! A zip file as wheels need it: deflated members with Unix rights, at a fixed time; no encryption, no zip64.

use std::io::Write as _;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::Member;

/// 1980-01-01, the first day that a zip file knows.
const DAY: u16 = 1 << 5 | 1;
const DEFLATED: u16 = 8;
/// Made on Unix, by version 2.0 of the format.
const MADE_BY: u16 = 0x0314;
const NEEDED: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
const REGULAR_FILE: u32 = 0o100_000;

/// Writes members in their order.
pub(super) fn write(members: &[Member]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for member in members {
        let offset = u32::try_from(out.len()).context("more than 4 GB")?;
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&member.content)?;
        let packed = packed.finish()?;
        let Ok(name_length) = u16::try_from(member.path.len()) else {
            bail!("a name of more than 64 KB");
        };
        let mut common = Vec::new();
        common.extend(NEEDED.to_le_bytes());
        common.extend(FLAGS.to_le_bytes());
        common.extend(DEFLATED.to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        common.extend(DAY.to_le_bytes());
        common.extend(crc32fast::hash(&member.content).to_le_bytes());
        common.extend(u32::try_from(packed.len())?.to_le_bytes());
        common.extend(u32::try_from(member.content.len())?.to_le_bytes());
        common.extend(name_length.to_le_bytes());
        // No extra field.
        common.extend(0_u16.to_le_bytes());

        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(member.path.as_bytes());
        out.extend(&packed);

        let mode: u32 = if member.executable { 0o755 } else { 0o644 };
        directory.extend(b"PK\x01\x02");
        directory.extend(MADE_BY.to_le_bytes());
        directory.extend(&common);
        // No comment, the first disk, no internal attributes.
        directory.extend([0; 6]);
        directory.extend(((REGULAR_FILE | mode) << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(member.path.as_bytes());
    }
    let count = u16::try_from(members.len())?;
    let offset = u32::try_from(out.len()).context("more than 4 GB")?;
    let size = u32::try_from(directory.len())?;
    out.extend(directory);
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    Ok(out)
}
