//! Object headers, their messages, and the groups behind them.

use trueline_facts::artifact::Verdict;

use super::{BOMB_RATIO, MAX_ATTRIBUTE, Seen, Shape, attribute, number};
use crate::inspection::{Inspection, printable};
use crate::source::Source;
use crate::technique;

const MAX_MESSAGES: usize = 20_000;
const MAX_BLOCKS: usize = 4_096;
/// Filters that the library brings itself, and those of `hdf5plugin` that only compress.
const KNOWN_FILTERS: &[u16] = &[
    1, 2, 3, 4, 5, 6, 305, 307, 32000, 32001, 32004, 32008, 32013, 32015, 32026,
];

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
        0x0b => filters(inspection, source, at)?,
        0x0c
            if flags & 2 == 0 => {
                attribute_message(inspection, source, shape, at, len, seen)?;
            }
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

fn dataspace(source: &Source, at: u64, shape: Shape) -> Option<u64> {
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
fn link(
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
fn virtual_sources(
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

fn filters(inspection: &mut Inspection, source: &Source, at: u64) -> Option<()> {
    let version = source.array::<1>(at)?[0];
    let count = source.array::<1>(at + 1)?[0];
    let mut here = at + if version == 1 { 8 } else { 2 };
    for _ in 0..count {
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

fn attribute_message(
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

/// An object of a global heap collection.
fn global(source: &Source, shape: Shape, heap: u64, wanted: u32, size: u64) -> Option<Vec<u8>> {
    if source.array::<4>(heap)? != *b"GCOL" {
        return None;
    }
    let total = number(source, heap + 8, shape.length)?;
    let mut at = heap + 8 + shape.length as u64;
    let end = heap.checked_add(total)?;
    let mut steps = 0;
    while at + 8 < end && steps < 4096 {
        steps += 1;
        let index = u32::from(source.u16(at)?);
        let len = number(source, at + 8, shape.length)?;
        let data = at + 8 + shape.length as u64;
        if index == wanted {
            return Some(source.read(data, len.min(size.max(1)).min(MAX_ATTRIBUTE) as usize));
        }
        if index == 0 {
            break;
        }
        at = data.checked_add(len.checked_next_multiple_of(8)?)?;
    }
    None
}

/// The B-tree of an old group: its leaves list names and object headers.
fn tree_nodes(source: &Source, shape: Shape, tree: u64, seen: &mut Seen) -> Option<()> {
    let o = shape.offset as u64;
    let l = shape.length as u64;
    let mut nodes = vec![(tree, 0)];
    let mut count = 0;
    while let Some((node, depth)) = nodes.pop() {
        if !seen.walked.insert(node) {
            continue;
        }
        count += 1;
        if count > MAX_BLOCKS || depth > 32 {
            return None;
        }
        match &source.array::<4>(node)? {
            b"TREE" => {
                let entries = u64::from(source.u16(node + 6)?);
                let mut at = node + 8 + 2 * o + l;
                for _ in 0..entries {
                    if let Some(child) = shape.address(source, at) {
                        nodes.push((child.checked_add(shape.base)?, depth + 1));
                    }
                    at += o + l;
                }
            }
            b"SNOD" => {
                let entries = u64::from(source.u16(node + 6)?);
                seen.spend(8 * entries)?;
                for entry in 0..entries {
                    let at = node + 8 + entry * (2 * o + 24);
                    let cache = source.u32(at + 2 * o)?;
                    if cache == 2 {
                        // A soft link: it stays in the file.
                        continue;
                    }
                    if let Some(header) = shape.address(source, at + o) {
                        seen.queue.push(header.checked_add(shape.base)?);
                    }
                }
            }
            _ => return None,
        }
    }
    Some(())
}

/// Blocks of a fractal heap, direct ones only by their signature: messages in them are found by trying.
fn heap_blocks(source: &Source, shape: Shape, heap: u64) -> Option<Vec<(u64, u64)>> {
    if source.array::<4>(heap)? != *b"FRHP" {
        return None;
    }
    let o = shape.offset as u64;
    let l = shape.length as u64;
    // Behind: id length, filter length, flags, largest object, then addresses and sizes.
    let table = heap + 14 + l + o + l + o + 8 * l;
    let width = u64::from(source.u16(table)?);
    let first = number(source, table + 2, shape.length)?;
    let largest = number(source, table + 2 + l, shape.length)?;
    let root_at = table + 2 + 2 * l + 4;
    let root = shape.address(source, root_at)?.checked_add(shape.base)?;
    let rows = u64::from(source.u16(root_at + o)?);
    if rows == 0 {
        return Some(vec![(root, first)]);
    }
    if source.array::<4>(root)? != *b"FHIB" {
        return None;
    }
    let heap_bits = u64::from(source.u16(table + 2 + 2 * l)?);
    let mut at = root + 5 + o + heap_bits.div_ceil(8);
    let mut blocks = Vec::new();
    for row in 0..rows.min(64) {
        let size = if row < 2 {
            first
        } else {
            first.checked_shl(u32::try_from(row - 1).ok()?)?
        };
        if size > largest {
            break;
        }
        for _ in 0..width.min(1024) {
            if let Some(block) = shape.address(source, at) {
                blocks.push((block.checked_add(shape.base)?, size));
            }
            at += o;
        }
    }
    (blocks.len() <= MAX_BLOCKS).then_some(blocks)
}

fn heap_links(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    heap: u64,
    seen: &mut Seen,
) {
    if !seen.walked.insert(heap) {
        return;
    }
    let Some(blocks) = heap_blocks(source, shape, heap) else {
        seen.incomplete = true;
        return;
    };
    let mut tried = 0;
    for (block, size) in blocks {
        let head = 5 + shape.offset as u64;
        if seen.spend(size.min(1 << 20)).is_none() {
            return;
        }
        let bytes = source.read(block, size.min(1 << 20) as usize);
        // Link messages begin with version 1 and flags below 0x20.
        for at in head as usize..bytes.len().saturating_sub(4) {
            if bytes[at] == 1 && bytes[at + 1] < 0x20 {
                tried += 1;
                if tried > 200_000 {
                    seen.incomplete = true;
                    return;
                }
                try_link(inspection, source, shape, block + at as u64, seen);
            }
        }
    }
}

/// A place that may be a link message: taken only if it holds together.
fn try_link(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    at: u64,
    seen: &mut Seen,
) -> Option<()> {
    let flags = source.array::<1>(at + 1)?[0];
    let kind_at = at + 2;
    let kind = if flags & 8 != 0 {
        source.array::<1>(kind_at)?[0]
    } else {
        0
    };
    if !matches!(kind, 0 | 64) {
        return None;
    }
    let mut here = kind_at
        + u64::from(flags & 8 != 0)
        + if flags & 4 != 0 { 8 } else { 0 }
        + u64::from(flags & 16 != 0);
    let width = 1usize << (flags & 3);
    let len = number(source, here, width)?;
    here += width as u64;
    let name = source.read(here, len.min(1024) as usize);
    if len == 0
        || len > 1024
        || std::str::from_utf8(&name).map_or(true, |n| n.chars().any(char::is_control))
    {
        return None;
    }
    if kind == 0 {
        let address = shape.address(source, here + len)?.checked_add(shape.base)?;
        let head = source.array::<4>(address)?;
        if head == *b"OHDR" || (head[0] == 1 && head[1] == 0) {
            seen.queue.push(address);
        }
        return Some(());
    }
    link(inspection, source, shape, at, 0, seen)
}

fn heap_attributes(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    heap: u64,
    seen: &mut Seen,
) {
    if !seen.walked.insert(heap) {
        return;
    }
    let Some(blocks) = heap_blocks(source, shape, heap) else {
        seen.incomplete = true;
        return;
    };
    for (block, size) in blocks {
        if seen.spend(size.min(1 << 20)).is_none() {
            return;
        }
        let bytes = source.read(block, size.min(1 << 20) as usize);
        let head = 5 + shape.offset;
        for at in head..bytes.len().saturating_sub(16) {
            // Version 3, no sharing, plausible sizes and a name.
            if bytes[at] == 3 && bytes[at + 1] < 4 {
                let name_len = usize::from(u16::from_le_bytes([bytes[at + 2], bytes[at + 3]]));
                let name = bytes.get(at + 9..at + 9 + name_len);
                let plausible = name.is_some_and(|n| {
                    n.len() > 1
                        && n.last() == Some(&0)
                        && n[..n.len() - 1].iter().all(|b| (0x20..0x7f).contains(b))
                });
                if plausible {
                    attribute_message(inspection, source, shape, block + at as u64, 0, seen);
                }
            }
        }
    }
}
