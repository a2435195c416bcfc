//! Where groups keep their members: B-trees of old groups, fractal heaps of new ones, the global heap for texts.

use super::message::{attribute_message, link};
use super::object::MAX_BLOCKS;
use super::{MAX_ATTRIBUTE, Seen, Shape, number};
use crate::inspection::Inspection;
use crate::source::Source;

/// An object of a global heap collection.
pub(super) fn global(
    source: &Source,
    shape: Shape,
    heap: u64,
    wanted: u32,
    size: u64,
) -> Option<Vec<u8>> {
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
pub(super) fn tree_nodes(source: &Source, shape: Shape, tree: u64, seen: &mut Seen) -> Option<()> {
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
                seen.spend(8 * entries)?;
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
    let Some(root) = shape.address(source, root_at) else {
        // All that it holds is too large or too small for blocks.
        return Some(Vec::new());
    };
    let root = root.checked_add(shape.base)?;
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

/// Objects of a fractal heap that are too large for its blocks: places and lengths. `None` where there are some that
/// cannot be read.
fn huge(source: &Source, shape: Shape, heap: u64) -> Option<Vec<(u64, u64)>> {
    if source.array::<4>(heap)? != *b"FRHP" {
        return None;
    }
    let (o, l) = (shape.offset as u64, shape.length as u64);
    let count_at = heap + 14 + l + o + l + o + 5 * l;
    if number(source, count_at, shape.length)? == 0 {
        return Some(Vec::new());
    }
    let tree = shape
        .address(source, heap + 14 + l)?
        .checked_add(shape.base)?;
    if source.array::<4>(tree)? != *b"BTHD" {
        return None;
    }
    // Of the four kinds of records two are packed by filters; all begin with place and length.
    let kind = source.array::<1>(tree + 5)?[0];
    let record = u64::from(source.u16(tree + 10)?);
    let depth = source.u16(tree + 12)?;
    let leaf = shape.address(source, tree + 16)?.checked_add(shape.base)?;
    let count = u64::from(source.u16(tree + 16 + o)?);
    if !matches!(kind, 1 | 3) || depth != 0 || record < o + l {
        return None;
    }
    if source.array::<4>(leaf)? != *b"BTLF" || count > MAX_BLOCKS as u64 {
        return None;
    }
    (0..count)
        .map(|at| {
            let record = leaf + 6 + at * record;
            let place = shape.address(source, record)?.checked_add(shape.base)?;
            Some((place, number(source, record + o, shape.length)?))
        })
        .collect()
}

/// Links of a new group.
pub(super) fn heap_links(
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

/// Attributes of an object that has many.
pub(super) fn heap_attributes(
    inspection: &mut Inspection,
    source: &Source,
    shape: Shape,
    heap: u64,
    seen: &mut Seen,
) {
    if !seen.walked.insert(heap) {
        return;
    }
    match huge(source, shape, heap) {
        Some(objects) => {
            for (at, len) in objects {
                if seen.spend(16).is_none() {
                    return;
                }
                let read = attribute_message(inspection, source, shape, at, len, seen);
                seen.incomplete |= read.is_none();
            }
        }
        None => seen.incomplete = true,
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
