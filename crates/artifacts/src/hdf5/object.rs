//! Object headers: their messages, block by block.

use trueline_facts::artifact::Verdict;

use super::group::{heap_attributes, heap_links, tree_nodes};
use super::message::{attribute_message, dataspace, filters, link, virtual_sources};
use super::{BOMB_RATIO, Seen, Shape, number};
use crate::inspection::Inspection;
use crate::source::Source;
use crate::technique;

/// Messages of one header.
const MAX_MESSAGES: usize = 20_000;
/// Blocks of one header, nodes of one tree, blocks of one heap.
pub(super) const MAX_BLOCKS: usize = 4_096;

/// Reads the object header at an address.
pub(super) fn read(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    address: u64,
    seen: &mut Seen,
) -> Option<()> {
    let mut object = Object {
        dimensions: None,
        item: None,
    };
    if source.array::<4>(address)? == *b"OHDR" {
        version_2(inspection, source, shape, address, seen, &mut object)?;
    } else {
        version_1(inspection, source, shape, address, seen, &mut object)?;
    }
    if let (Some(count), Some(item)) = (object.dimensions, object.item) {
        let bytes = count.checked_mul(item);
        if bytes.is_none_or(|b| b > 1 << 32 && b / source.len().max(1) > BOMB_RATIO) {
            inspection.report(
                if bytes.is_none_or(|b| b > 1 << 50) {
                    Verdict::Malicious
                } else {
                    Verdict::Suspicious
                },
                technique::HDF5_SHAPE,
                address,
                format!(
                    "a data set says it has {count} items of {item} bytes; the file has {} bytes",
                    source.len()
                ),
            );
        }
    }
    Some(())
}

/// What the messages of one object say together.
struct Object {
    dimensions: Option<u64>,
    item: Option<u64>,
}

fn version_1(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    address: u64,
    seen: &mut Seen,
    object: &mut Object,
) -> Option<()> {
    if source.array::<1>(address)?[0] != 1 {
        return None;
    }
    let size = u64::from(source.u32(address + 8)?);
    let mut blocks = vec![(address + 16, size)];
    let mut messages = 0;
    let mut count = 0;
    while let Some((mut at, size)) = blocks.pop() {
        count += 1;
        if count > MAX_BLOCKS {
            return None;
        }
        let end = at.checked_add(size)?;
        while at + 8 <= end {
            messages += 1;
            seen.spend(8)?;
            if messages > MAX_MESSAGES {
                return None;
            }
            let kind = source.u16(at)?;
            let len = u64::from(source.u16(at + 2)?);
            let flags = source.array::<1>(at + 4)?[0];
            if message(
                inspection,
                source,
                shape,
                (kind, flags),
                at + 8,
                len,
                seen,
                object,
                &mut blocks,
            )
            .is_none()
            {
                seen.incomplete = true;
            }
            at += 8 + len;
        }
    }
    Some(())
}

fn version_2(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    address: u64,
    seen: &mut Seen,
    object: &mut Object,
) -> Option<()> {
    let flags = source.array::<1>(address + 5)?[0];
    let mut at = address + 6;
    if flags & 0x20 != 0 {
        at += 16;
    }
    if flags & 0x10 != 0 {
        at += 4;
    }
    let width = 1usize << (flags & 3);
    let size = number(source, at, width)?;
    at += width as u64;
    let ordered = flags & 4 != 0;
    let mut blocks = vec![(at, size)];
    let mut is_first = true;
    let mut messages = 0;
    let mut count = 0;
    while let Some((mut at, size)) = blocks.pop() {
        count += 1;
        if count > MAX_BLOCKS {
            return None;
        }
        let mut end = at.checked_add(size)?;
        if !is_first {
            // A continuation: signature before, checksum behind.
            if source.array::<4>(at)? != *b"OCHK" {
                return None;
            }
            at += 4;
            end = end.checked_sub(4)?;
        }
        is_first = false;
        let head = if ordered { 6 } else { 4 };
        while at + head <= end {
            messages += 1;
            seen.spend(8)?;
            if messages > MAX_MESSAGES {
                return None;
            }
            let kind = u16::from(source.array::<1>(at)?[0]);
            let len = u64::from(source.u16(at + 1)?);
            let flags = source.array::<1>(at + 3)?[0];
            if message(
                inspection,
                source,
                shape,
                (kind, flags),
                at + head,
                len,
                seen,
                object,
                &mut blocks,
            )
            .is_none()
            {
                seen.incomplete = true;
            }
            at += head + len;
        }
    }
    Some(())
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one message and where it goes"
)]
fn message(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    (kind, flags): (u16, u8),
    at: u64,
    len: u64,
    seen: &mut Seen,
    object: &mut Object,
    blocks: &mut Vec<(u64, u64)>,
) -> Option<()> {
    let o = shape.offset as u64;
    match kind {
        // Dataspace.
        1 => object.dimensions = dataspace(source, at, shape),
        // Datatype: its size.
        3 => object.item = source.u32(at + 4).map(u64::from),
        // Link info and attribute info: names in a fractal heap.
        2 => {
            let flags = source.array::<1>(at + 1)?[0];
            let heap = at + 2 + if flags & 1 != 0 { 8 } else { 0 };
            if let Some(heap) = shape.address(source, heap) {
                heap_links(inspection, source, shape, heap + shape.base, seen);
            }
        }
        0x15 => {
            let flags = source.array::<1>(at + 1)?[0];
            let heap = at + 2 + if flags & 1 != 0 { 2 } else { 0 };
            if let Some(heap) = shape.address(source, heap) {
                heap_attributes(inspection, source, shape, heap + shape.base, seen);
            }
        }
        6 => link(inspection, source, shape, at, len, seen)?,
        // External data files.
        7 => inspection.report(
            Verdict::Malicious,
            technique::HDF5_EXTERNAL,
            at,
            "the data of a data set is taken from another file: reading it copies local files into the model",
        ),
        // Layout: class 3 is virtual, its sources may be other files.
        8 => {
            let version = source.array::<1>(at)?[0];
            let class = source.array::<1>(at + 1)?[0];
            if version >= 3 && class == 3 {
                virtual_sources(inspection, source, shape, at, seen);
            }
        }
        0x0b => filters(inspection, source, at, len)?,
        // One that is kept in a heap of the whole file is not read.
        0x0c if flags & 2 != 0 => return None,
        0x0c => attribute_message(inspection, source, shape, at, len, seen)?,
        // Continuation.
        0x10 => {
            let address = shape.address(source, at)?.checked_add(shape.base)?;
            let size = number(source, at + o, shape.length)?;
            blocks.push((address, size));
        }
        // Symbol table.
        0x11 => {
            let tree = shape.address(source, at)?.checked_add(shape.base)?;
            if tree_nodes(source, shape, tree, seen).is_none() {
                seen.incomplete = true;
            }
        }
        _ => {}
    }
    Some(())
}
