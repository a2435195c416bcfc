//! HDF5 without a library: object headers are found by their structure and their messages are read.
//!
//! Attributes give Keras configurations; links, layouts and filters tell what reading the file would open
//! besides it. Budgets bound the walk; what is not understood is `unknown`.

use std::collections::BTreeSet;

use trueline_facts::artifact::Verdict;

use crate::inspection::{Context, Inspection, printable};
use crate::payload::{self, Tail};
use crate::source::Source;
use crate::{code, executable, keras, sniff, technique};

mod group;
mod message;
mod object;
mod stored;

const MAGIC: &[u8; 8] = b"\x89HDF\r\n\x1a\n";
/// Object headers of a file.
const MAX_OBJECTS: usize = 100_000;
/// Longest attribute that is read as a configuration.
const MAX_ATTRIBUTE: u64 = 64 << 20;
/// Steps and bytes of a whole walk, beside as many as the file has bytes.
const MAX_WORK: u64 = 16 << 20;
/// Declared size over file size above which a data set is a bomb.
const BOMB_RATIO: u64 = 1 << 14;

/// Where the superblock is: at 0, 512, 1024 and so on.
pub(crate) fn superblock(source: &Source) -> Option<u64> {
    let mut at = 0u64;
    loop {
        if source.array::<8>(at)? == *MAGIC {
            return Some(at);
        }
        at = if at == 0 { 512 } else { at * 2 };
        if at > source.len() || at > 1 << 24 {
            return None;
        }
    }
}

/// What the walk learnt.
#[derive(Debug, Default)]
struct Seen {
    objects: usize,
    visited: BTreeSet<u64>,
    /// Heaps and trees that were walked: many objects may name the same one.
    walked: BTreeSet<u64>,
    /// Messages, entries and bytes of attributes that may still be read.
    work_left: u64,
    /// Addresses of object headers that are still to be read.
    queue: Vec<u64>,
    incomplete: bool,
    keras: bool,
}

/// Sizes of offsets and lengths, and where addresses count from.
#[derive(Clone, Copy, Debug)]
struct Shape {
    offset: usize,
    length: usize,
    base: u64,
}

impl Shape {
    fn address(self, source: &Source, at: u64) -> Option<u64> {
        number(source, at, self.offset).filter(|a| *a != u64::MAX >> (64 - 8 * self.offset.min(8)))
    }
}

fn number(source: &Source, at: u64, size: usize) -> Option<u64> {
    let mut bytes = [0; 8];
    if size == 0 || size > 8 || source.fill(at, &mut bytes[..size]) != size {
        return None;
    }
    Some(u64::from_le_bytes(bytes))
}

/// Inspects the file.
pub(crate) fn inspect(inspection: &mut Inspection, source: &Source, start: u64) {
    inspection.format("hdf5");
    if start > 0 {
        user_block(inspection, &source.slice(0, start));
    }
    let mut seen = Seen {
        work_left: MAX_WORK.saturating_add(source.len()),
        ..Seen::default()
    };
    let walked = &inspection.walked(source);
    if root(walked, start, &mut seen).is_none() {
        seen.incomplete = true;
    }
    let Some(shape) = shape(walked, start) else {
        inspection.report(
            Verdict::Unknown,
            technique::HDF5_STRUCTURE,
            start,
            "the superblock cannot be read",
        );
        return;
    };
    stored::look(inspection, source);
    if let Some(end) = end(source, start, shape) {
        payload::behind(inspection, source, end, Tail::Nothing);
    }
    while let Some(address) = seen.queue.pop() {
        if !seen.visited.insert(address) {
            continue;
        }
        seen.objects += 1;
        if seen.objects > MAX_OBJECTS {
            seen.incomplete = true;
            break;
        }
        if seen.spend(16).is_none() {
            break;
        }
        if object::read(inspection, walked, shape, address, &mut seen).is_none() {
            seen.incomplete = true;
        }
    }
    if seen.keras {
        inspection.format("keras-h5");
    }
    if seen.incomplete {
        inspection.report(
            Verdict::Unknown,
            technique::HDF5_STRUCTURE,
            start,
            "part of the HDF5 structure was not understood",
        );
    }
}

/// Bytes of a user block that are looked at for what it is.
const MAX_BLOCK: usize = 1 << 20;

/// What stands before the data: nothing, notes, or the description that MATLAB writes. Anything else is another file.
fn user_block(inspection: &mut Inspection, block: &Source) {
    let bytes = block.read(0, MAX_BLOCK);
    let text = bytes.trim_ascii_end();
    let end = text
        .iter()
        .rposition(|b| *b != 0)
        .map_or(0, |last| last + 1);
    let text = &text[..end];
    let is_matlab = text.starts_with(b"MATLAB 7.")
        && memchr::memmem::find(text, b" MAT-file").is_some()
        && end <= 128;
    let is_notes = text.is_empty()
        || sniff::is_text(text)
            && executable::kind(block).is_none()
            && !code::is_code(&String::from_utf8_lossy(text));
    let is_whole = block.len() <= MAX_BLOCK as u64;
    inspection.report(
        if is_whole && (is_matlab || is_notes) {
            Verdict::Clean
        } else {
            Verdict::Suspicious
        },
        technique::HDF5_USER_BLOCK,
        0,
        format!(
            "{} bytes of something else stand before the HDF5 data",
            block.len()
        ),
    );
    inspection.member("(user block)", Context::Member, block);
}

impl Seen {
    /// Takes some work from the budget; `None` when it is used up.
    fn spend(&mut self, work: u64) -> Option<()> {
        self.work_left = self.work_left.checked_sub(work).or_else(|| {
            self.incomplete = true;
            None
        })?;
        Some(())
    }
}

fn shape(source: &Source, start: u64) -> Option<Shape> {
    let version = source.array::<1>(start + 8)?[0];
    let (offset, length, base_at) = match version {
        0 => (13, 14, 24),
        1 => (13, 14, 28),
        _ => (9, 10, 12),
    };
    let offset = usize::from(source.array::<1>(start + offset)?[0]);
    let length = usize::from(source.array::<1>(start + length)?[0]);
    if !matches!(offset, 2 | 4 | 8) || !matches!(length, 2 | 4 | 8) {
        return None;
    }
    let base = number(source, start + base_at, offset)?;
    // Files with a user block count from it, whatever is written there.
    Some(Shape {
        offset,
        length,
        base: base.max(start),
    })
}

/// Where the file says that it ends.
fn end(source: &Source, start: u64, shape: Shape) -> Option<u64> {
    let o = shape.offset as u64;
    let at = match source.array::<1>(start + 8)?[0] {
        0 => 24 + 2 * o,
        1 => 28 + 2 * o,
        _ => 12 + 2 * o,
    };
    let end = shape.address(source, start + at)?;
    // Files with a user block count it, or they do not.
    let end = if end.checked_add(start) == Some(source.len()) {
        source.len()
    } else {
        end
    };
    (end > start && end < source.len()).then_some(end)
}

fn root(source: &Source, start: u64, seen: &mut Seen) -> Option<()> {
    let shape = shape(source, start)?;
    let version = source.array::<1>(start + 8)?[0];
    let o = shape.offset as u64;
    let header = match version {
        0 | 1 => {
            let entry = start + if version == 0 { 24 } else { 28 } + 4 * o;
            shape.address(source, entry + o)?
        }
        _ => shape.address(source, start + 12 + 3 * o)?,
    };
    seen.queue.push(header.checked_add(shape.base)?);
    Some(())
}

/// An attribute's text: Keras keeps its configuration there.
fn attribute(inspection: &mut Inspection, name: &str, text: &[u8], seen: &mut Seen) {
    let raw = Source::of_bytes(text.to_vec());
    if sniff::is_file(&raw) {
        inspection.member(&printable(name), Context::Constant, &raw);
        return;
    }
    let text = text.strip_suffix(&[0]).unwrap_or(text);
    let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
    let text = &text[..end];
    match name {
        "model_config" | "training_config" => {
            seen.keras = true;
            inspection.within(name, Context::Member, |inspection| {
                keras::config_text(inspection, text, keras::Container::Hdf5);
            });
        }
        "keras_version" | "backend" | "layer_names" | "weight_names" => seen.keras = true,
        _ => {
            let shown = String::from_utf8_lossy(text);
            if shown.trim_start().starts_with('{')
                && let Ok(json) = crate::json::parse(inspection, text)
            {
                inspection.within(name, Context::Member, |inspection| {
                    crate::text::json(inspection, name, &json);
                });
                return;
            }
            let bytes = Source::of_bytes(text.to_vec());
            if text.len() >= 8 && crate::pickle::looks_like(&bytes) {
                inspection.member(&printable(name), Context::Constant, &bytes);
            } else {
                crate::code::code_in_data(inspection, name, &shown);
            }
        }
    }
}
