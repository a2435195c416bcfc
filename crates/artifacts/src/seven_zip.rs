//! 7z archives: some scanners of models do not open them, so attacks came in them.
//!
//! Read by hand: libraries for the format allocate what its header says. Methods that models are packed with are
//! decoded; with others the archive is not clean.

use std::io::Read;

use trueline_facts::artifact::Verdict;

use crate::compression::{self, Price};
use crate::inspection::Inspection;
use crate::source::Source;
use crate::zip::Member;
use crate::{bundle, technique, zip};

mod header;

use header::{Coder, Folder, Header};

/// The signature, a version, and where the header is.
const START: u64 = 32;
/// Bytes of a header, also of one that is compressed.
const MAX_HEADER: u64 = 16 << 20;
/// Headers that are compressed, in compressed headers.
const MAX_LAYERS: u32 = 4;
const MAX_MEMBERS: usize = 10_000;

/// Inspects the members.
pub(crate) fn inspect(inspection: &mut Inspection, name: &str, source: &Source) {
    inspection.format("7z");
    let header = match read_header(source) {
        Ok(header) => header,
        Err(Unread::Encrypted) => {
            inspection.report(
                Verdict::Suspicious,
                technique::ZIP_ENCRYPTED,
                0,
                "a 7z archive whose list of members is encrypted: nothing in it could be checked",
            );
            return;
        }
        Err(Unread::Broken) => {
            inspection.report(
                Verdict::Suspicious,
                technique::BAD_COMPRESSION,
                0,
                "a 7z archive that cannot be read",
            );
            return;
        }
    };
    let mut members = Vec::new();
    let mut names = header.names.iter();
    let mut at = header.packed_at.saturating_add(START);
    let mut packs = header.packs.iter();
    for folder in &header.folders {
        let sizes: Vec<u64> = packs.by_ref().take(folder.packs).copied().collect();
        let packed = source.slice(at, sizes.first().copied().unwrap_or(0));
        at = at.saturating_add(sizes.iter().sum());
        if folder.coders.iter().any(Coder::is_cipher) {
            inspection.report(
                Verdict::Suspicious,
                technique::ZIP_ENCRYPTED,
                at,
                "members of the 7z archive are encrypted",
            );
            names.by_ref().take(folder.files.len()).for_each(drop);
            continue;
        }
        let Some(mut reader) = decoder(folder, &packed) else {
            inspection.report(
                Verdict::Unknown,
                technique::UNREAD_CONTAINER,
                at,
                "part of the 7z archive is packed with a method that is not read here: unpack it and check what is inside",
            );
            names.by_ref().take(folder.files.len()).for_each(drop);
            continue;
        };
        for size in &folder.files {
            let Some(name) = names.next() else { break };
            let decoded = compression::collect(
                reader.by_ref().take(*size),
                inspection.limit_of_slow(),
                Price::BZIP2,
            );
            let whole = !decoded.broken && decoded.content.len() == *size;
            inspection.decoded(&decoded);
            if members.len() < MAX_MEMBERS {
                members.push(Member {
                    name: name.clone(),
                    source: Source::of_sparse(decoded.content),
                });
            }
            if !whole || members.len() >= MAX_MEMBERS {
                broken(inspection, "cannot be decoded to its end");
                break;
            }
        }
    }
    for member in &members {
        zip::check_path(inspection, &member.name, 0);
    }
    bundle::inspect(inspection, name, &members);
}

fn broken(inspection: &mut Inspection, what: &str) {
    inspection.report(
        Verdict::Unknown,
        technique::BAD_COMPRESSION,
        0,
        format!("part of the 7z archive {what}"),
    );
}

/// Why a header was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unread {
    Encrypted,
    Broken,
}

/// The header, decoded where it is compressed itself.
fn read_header(source: &Source) -> Result<Header, Unread> {
    let mut bytes = start_of_header(source).ok_or(Unread::Broken)?;
    for _ in 0..MAX_LAYERS {
        let header = Header::read(&bytes).ok_or(Unread::Broken)?;
        if !header.is_packed {
            return Ok(header);
        }
        if header
            .folders
            .iter()
            .any(|folder| folder.coders.iter().any(Coder::is_cipher))
        {
            return Err(Unread::Encrypted);
        }
        bytes = unpacked(source, &header).ok_or(Unread::Broken)?;
    }
    Err(Unread::Broken)
}

fn start_of_header(source: &Source) -> Option<Vec<u8>> {
    let offset = START.checked_add(source.u64(12)?)?;
    let size = source.u64(20)?;
    if size > MAX_HEADER || offset.checked_add(size)? > source.len() {
        return None;
    }
    Some(source.read(offset, size as usize))
}

/// The header that a header packs.
fn unpacked(source: &Source, header: &Header) -> Option<Vec<u8>> {
    let folder = header.folders.first()?;
    let size = *folder.files.first()?;
    if size > MAX_HEADER {
        return None;
    }
    let packed = source.slice(header.packed_at.checked_add(START)?, *header.packs.first()?);
    let mut bytes = Vec::new();
    decoder(folder, &packed)?
        .take(size)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}

/// A reader through all coders of a folder; nothing if one of them is not known or they are no chain.
fn decoder(folder: &Folder, packed: &Source) -> Option<Box<dyn Read>> {
    let mut reader: Box<dyn Read> = Box::new(packed.reader());
    for (place, index) in folder.chain()?.into_iter().enumerate() {
        let is_first = place == 0;
        let coder = &folder.coders[index];
        let size = *folder.sizes.get(index)?;
        let properties = coder.properties.as_slice();
        reader = match coder.id.as_slice() {
            [0] => reader,
            [3, 1, 1] => {
                let (first, dictionary) = properties.split_first()?;
                let dictionary = u32::from_le_bytes(dictionary.try_into().ok()?);
                if dictionary > compression::MAX_WINDOW {
                    return None;
                }
                let decoder =
                    lzma_rust2::LzmaReader::new_with_props(reader, size, *first, dictionary, None);
                Box::new(decoder.ok()?)
            }
            [0x21] => {
                let bits = u32::from(*properties.first()?);
                let dictionary = (2 | u64::from(bits & 1)).checked_shl(bits / 2 + 11)?;
                let dictionary = u32::try_from(dictionary).ok()?;
                if dictionary > compression::MAX_WINDOW {
                    return None;
                }
                Box::new(lzma_rust2::Lzma2Reader::new(reader, dictionary, None))
            }
            // Of other programs than 7-Zip itself; its window is asked for before it is made.
            [4, 0xf7, 0x11, 1] if is_first => {
                compression::zstd_window(packed, 0)
                    .filter(|window| *window <= u64::from(compression::MAX_WINDOW))?;
                Box::new(ruzstd::decoding::StreamingDecoder::new(reader).ok()?)
            }
            [4, 1, 8] => Box::new(flate2::read::DeflateDecoder::new(reader)),
            [4, 2, 2] => Box::new(bzip2::read::MultiBzDecoder::new(reader)),
            [3, 3, 1, 3] | [4] => Box::new(lzma_rust2::filter::bcj::BcjReader::new_x86(reader, 0)),
            [3] => {
                let distance = usize::from(*properties.first()?) + 1;
                Box::new(lzma_rust2::filter::delta::DeltaReader::new(
                    reader, distance,
                ))
            }
            _ => return None,
        };
    }
    Some(reader)
}
