//! Messages of object headers: sizes, links, sources in other files, filters, attributes.

use trueline_facts::artifact::Verdict;

use super::group::global;
use super::{MAX_ATTRIBUTE, Seen, Shape, attribute, number};
use crate::inspection::{Inspection, printable};
use crate::source::Source;
use crate::{payload, technique};

/// Filters that the library brings itself, and those of `hdf5plugin` that only compress.
const KNOWN_FILTERS: &[u16] = &[
    1, 2, 3, 4, 5, 6, 305, 307, 32000, 32001, 32004, 32008, 32013, 32015, 32026,
];

/// How many items a data space has.
pub(super) fn dataspace(source: &Source, at: u64, shape: Shape) -> Option<u64> {
    let version = source.array::<1>(at)?[0];
    let rank = source.array::<1>(at + 1)?[0];
    let start = at + if version == 1 { 8 } else { 4 };
    let mut count = 1u64;
    for dimension in 0..u64::from(rank) {
        let size = number(
            source,
            start + dimension * shape.length as u64,
            shape.length,
        )?;
        count = count.saturating_mul(size);
    }
    Some(count)
}

/// A link message: hard, soft or external.
pub(super) fn link(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    at: u64,
    len: u64,
    seen: &mut Seen,
) -> Option<()> {
    let flags = source.array::<1>(at + 1)?[0];
    let mut here = at + 2;
    let mut kind = 0;
    if flags & 8 != 0 {
        kind = source.array::<1>(here)?[0];
        here += 1;
    }
    if flags & 4 != 0 {
        here += 8;
    }
    if flags & 16 != 0 {
        here += 1;
    }
    let width = 1usize << (flags & 3);
    let name_len = number(source, here, width)?;
    here += width as u64;
    let name = source.read(here, name_len.min(4096) as usize);
    here = here.checked_add(name_len)?;
    if len > 0 && here > at + len {
        return None;
    }
    match kind {
        0 => seen
            .queue
            .push(shape.address(source, here)?.checked_add(shape.base)?),
        64 => {
            let size = u64::from(source.u16(here)?);
            let value = source.read(here + 3, size.saturating_sub(1) as usize);
            external(inspection, at, &name, &value);
        }
        _ => {}
    }
    Some(())
}

fn external(inspection: &mut Inspection, at: u64, name: &[u8], value: &[u8]) {
    let file: Vec<u8> = value.iter().copied().take_while(|b| *b != 0).collect();
    inspection.report(
        Verdict::Malicious,
        technique::HDF5_EXTERNAL,
        at,
        format!(
            "the link {} leads into the other file {}",
            printable(&String::from_utf8_lossy(name)),
            printable(&String::from_utf8_lossy(&file))
        ),
    );
}

/// Sources of a virtual data set stand in the global heap.
pub(super) fn virtual_sources(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    at: u64,
    seen: &mut Seen,
) {
    let heap = shape
        .address(source, at + 2)
        .and_then(|a| a.checked_add(shape.base));
    let block = heap.map(|heap| source.read(heap, 4096)).unwrap_or_default();
    let names: Vec<String> = block
        .split(|b| *b == 0)
        .filter(|piece| piece.len() >= 3 && piece.iter().all(|b| (0x20..0x7f).contains(b)))
        .map(|piece| String::from_utf8_lossy(piece).into_owned())
        .collect();
    let other = names.iter().find(|n| {
        n.as_str() != "GCOL" && (n.contains('.') || n.contains('/')) && !n.starts_with("GCOL")
    });
    seen.incomplete |= heap.is_none();
    if let Some(other) = other {
        inspection.report(
            Verdict::Malicious,
            technique::HDF5_EXTERNAL,
            at,
            format!(
                "a virtual data set takes its data from {}",
                printable(other)
            ),
        );
    }
}

/// Filters of a data set: one that the library does not bring is loaded as a plugin.
pub(super) fn filters(
    inspection: &mut Inspection,
    source: &Source,
    at: u64,
    len: u64,
) -> Option<()> {
    let version = source.array::<1>(at)?[0];
    let count = source.array::<1>(at + 1)?[0];
    let mut here = at + if version == 1 { 8 } else { 2 };
    for _ in 0..count {
        if here >= at + len {
            return None;
        }
        let id = source.u16(here)?;
        let has_name = version == 1 || id >= 256;
        let name_len = if has_name {
            u64::from(source.u16(here + 2)?)
        } else {
            0
        };
        here += if has_name { 4 } else { 2 };
        let values = u64::from(source.u16(here + 2)?);
        here += 4 + name_len + 4 * values;
        if version == 1 && values % 2 == 1 {
            here += 4;
        }
        if !KNOWN_FILTERS.contains(&id) {
            inspection.report(
                Verdict::Suspicious,
                technique::HDF5_FILTER,
                at,
                format!(
                    "the data needs filter {id}, for which the library looks for a plugin to load"
                ),
            );
        }
    }
    Some(())
}

/// Messages of an object that are passed on the way to its type.
const MAX_BEFORE: usize = 64;

/// Where a type stands that a message only refers to: in the object of a named type. `None` where it stands in a heap.
fn shared_type(source: &Source, shape: Shape, at: u64) -> Option<u64> {
    let [version, kind] = source.array::<2>(at)?;
    let address = match (version, kind) {
        (1, _) => at + 8,
        (2, _) | (3, 2) => at + 2,
        _ => return None,
    };
    let object = shape.address(source, address)?.checked_add(shape.base)?;
    if source.array::<4>(object)? != *b"OHDR" {
        let mut here = object + 16;
        for _ in 0..MAX_BEFORE {
            let (kind, len) = (source.u16(here)?, source.u16(here + 2)?);
            if kind == 3 {
                return Some(here + 8);
            }
            here += 8 + u64::from(len);
        }
        return None;
    }
    let flags = source.array::<1>(object + 5)?[0];
    let times = if flags & 0x20 != 0 { 16 } else { 0 };
    let limits = if flags & 0x10 != 0 { 4 } else { 0 };
    let head = if flags & 4 != 0 { 6 } else { 4 };
    let mut here = object + 6 + times + limits + (1 << (flags & 3));
    for _ in 0..MAX_BEFORE {
        let kind = source.array::<1>(here)?[0];
        let len = source.u16(here + 1)?;
        if kind == 3 {
            return Some(here + head);
        }
        here += head + u64::from(len);
    }
    None
}

/// An attribute: texts are read, here or in the global heap.
pub(super) fn attribute_message(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    at: u64,
    len: u64,
    seen: &mut Seen,
) -> Option<()> {
    let version = source.array::<1>(at)?[0];
    let name_len = u64::from(source.u16(at + 2)?);
    let type_len = u64::from(source.u16(at + 4)?);
    let space_len = u64::from(source.u16(at + 6)?);
    let pad = |n: u64| {
        if version == 1 {
            n.next_multiple_of(8)
        } else {
            n
        }
    };
    let start = at + if version == 3 { 9 } else { 8 };
    let name = source.read(start, name_len.min(1024) as usize);
    let name: Vec<u8> = name.into_iter().take_while(|b| *b != 0).collect();
    let name = String::from_utf8_lossy(&name).into_owned();
    let kind = start + pad(name_len);
    let space = kind + pad(type_len);
    let data = space + pad(space_len);
    // Its type may be kept by another object, under a name of its own.
    let is_shared = version >= 2 && source.array::<1>(at + 1)?[0] & 1 != 0;
    let kind = if is_shared {
        shared_type(source, shape, kind)?
    } else {
        kind
    };
    let class = source.array::<1>(kind)?[0] & 0x0f;
    let item = u64::from(source.u32(kind + 4)?);
    let count = dataspace(source, space, shape).unwrap_or(1);
    if class == 3 {
        let size = item
            .saturating_mul(count)
            .min(MAX_ATTRIBUTE)
            .min(if len > 0 {
                (at + len).saturating_sub(data).max(item)
            } else {
                item
            });
        seen.spend(size.min(source.len()))?;
        attribute(inspection, &name, &source.read(data, size as usize), seen);
    } else if class == 5 || class == 0 && item == 1 {
        // Bytes: a file that somebody takes out again.
        let size = item
            .saturating_mul(count)
            .min(MAX_ATTRIBUTE)
            .min(source.len());
        seen.spend(size)?;
        payload::in_items(inspection, &source.slice(data, size));
    } else if class == 9 {
        // Text of any length, in the global heap.
        for index in 0..count.min(64) {
            let entry = data + index * (4 + shape.offset as u64 + 4);
            let size = u64::from(source.u32(entry)?);
            let heap = shape
                .address(source, entry + 4)
                .and_then(|a| a.checked_add(shape.base));
            let object = source.u32(entry + 4 + shape.offset as u64)?;
            // A collection is searched from its start for each object.
            seen.spend(4096)?;
            if let Some(bytes) = heap.and_then(|heap| global(source, shape, heap, object, size)) {
                seen.spend(bytes.len() as u64)?;
                attribute(inspection, &name, &bytes, seen);
            }
        }
    }
    Some(())
}
