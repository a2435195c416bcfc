//! GGUF: key-value metadata, tensor descriptions, data. Counts and offsets are checked against the file; chat
//! templates in the metadata are read as templates.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Context, Inspection, printable};
use crate::payload::{self, Tail};
use crate::source::Source;
use crate::{code, hidden, sniff, technique, template};

const MAX_KEYS: u64 = 1 << 16;
const MAX_TENSORS: u64 = 1 << 20;
const MAX_TEXT: u64 = 16 << 20;
/// Texts in lists that may hold something else than a token, and how many are looked into.
const LONG_ITEM: u64 = 40;
const MAX_LONG_ITEMS: usize = 20_000;
/// Tensors whose items are looked at.
const MAX_ITEMS: usize = 4096;
/// Holes between tensors that are looked at.
const MAX_HOLES: usize = 64;
/// Lists of bytes that are looked into.
const MAX_BYTE_LISTS: usize = 256;

struct Walker<'s> {
    source: &'s Source,
    at: u64,
    wide: bool,
    big: bool,
    /// Places and lengths of the long texts in lists.
    long_items: Vec<(u64, u64)>,
    /// Places and lengths of lists of bytes.
    byte_lists: Vec<(u64, u64)>,
    /// What there was more of than is kept.
    left_out: Option<&'static str>,
}

impl Walker<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = self.source.array::<N>(self.at)?;
        self.at += N as u64;
        if self.big {
            bytes.reverse();
        }
        Some(bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// Version 1 has 32-bit lengths.
    fn length(&mut self) -> Option<u64> {
        if self.wide {
            self.u64()
        } else {
            self.u32().map(u64::from)
        }
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.at = self
            .at
            .checked_add(count)
            .filter(|at| *at <= self.source.len())?;
        Some(())
    }

    fn text(&mut self) -> Option<Vec<u8>> {
        let len = self.length()?;
        let from = self.at;
        self.skip(len)?;
        if len > MAX_TEXT {
            self.left_out = Some("a text of more than 16 MB was not read to its end");
        }
        Some(self.source.read(from, len.min(MAX_TEXT) as usize))
    }

    /// Passes a value; texts are given back.
    fn value(&mut self, kind: u32, depth: u32) -> Option<Option<Vec<u8>>> {
        match kind {
            0 | 1 | 7 => self.skip(1)?,
            2 | 3 => self.skip(2)?,
            4..=6 => self.skip(4)?,
            10..=12 => self.skip(8)?,
            8 => return self.text().map(Some),
            9 => {
                let item = self.u32()?;
                let count = self.length()?;
                let size = match item {
                    0 | 1 | 7 => 1,
                    2 | 3 => 2,
                    4..=6 => 4,
                    10..=12 => 8,
                    _ => 0,
                };
                if size > 0 {
                    let is_bytes = matches!(item, 0 | 1) && count >= 8;
                    if is_bytes && self.byte_lists.len() < MAX_BYTE_LISTS {
                        self.byte_lists.push((self.at, count));
                    } else if is_bytes {
                        self.left_out = Some("there are more lists of bytes than are looked into");
                    }
                    self.skip(count.checked_mul(size)?)?;
                } else {
                    // Every text takes at least its length.
                    if depth > 4 || count > (self.source.len() - self.at) / 4 {
                        return None;
                    }
                    for _ in 0..count {
                        if item == 8 {
                            let len = self.length()?;
                            if len >= LONG_ITEM && self.long_items.len() < MAX_LONG_ITEMS {
                                self.long_items.push((self.at, len));
                            } else if len >= LONG_ITEM {
                                self.left_out =
                                    Some("there are more long texts in lists than are looked into");
                            }
                            self.skip(len)?;
                        } else {
                            self.value(item, depth + 1)?;
                        }
                    }
                }
            }
            _ => return None,
        }
        Some(None)
    }
}

pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("gguf");
    if walk(inspection, source).is_none() {
        // A file that was cut off is no attack; a length that no file can have is one.
        let counts = [8, 16].map(|at| source.u64(at).unwrap_or(0));
        let absurd = counts.iter().any(|n| *n > 1 << 40)
            || source
                .u64(24)
                .is_some_and(|len| len > 1 << 40 && counts[1] > 0);
        inspection.report(
            if absurd {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::GGUF_STRUCTURE,
            0,
            "lengths or types in the header do not fit the file: loaders in C have read out of bounds on such files",
        );
    }
}

fn walk(inspection: &mut Inspection, source: &Source) -> Option<()> {
    let version = source.u32(4)?;
    let big = version.swap_bytes() < 16 && version > 0xffff;
    let version = if big { version.swap_bytes() } else { version };
    let mut walker = Walker {
        source,
        at: 8,
        wide: version >= 2,
        big,
        long_items: Vec::new(),
        byte_lists: Vec::new(),
        left_out: None,
    };
    let mut wrong = Vec::new();
    // What no writer makes and what loaders in C compute wrong addresses from.
    let mut overflows = Vec::new();
    if !(1..=3).contains(&version) {
        wrong.push(format!("version {version}"));
    }
    let tensors = walker.length()?;
    let keys = walker.length()?;
    if keys > MAX_KEYS || tensors > MAX_TENSORS {
        overflows.push(format!("{keys} keys and {tensors} tensors"));
        report(inspection, &wrong, &overflows);
        return Some(());
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut alignment = 32u64;
    for _ in 0..keys {
        let key = walker.text()?;
        let key = String::from_utf8_lossy(&key).into_owned();
        let kind = walker.u32()?;
        let value_at = walker.at;
        let value = walker.value(kind, 0)?;
        if !seen.insert(key.clone()) {
            wrong.push(format!("the key {} stands twice", printable(&key)));
        }
        if key == "general.alignment" {
            alignment = u64::from(source.u32(value_at)?);
            if alignment == 0 || !alignment.is_power_of_two() {
                wrong.push(format!("an alignment of {alignment}"));
                alignment = 32;
            }
        }
        if let Some(value) = value {
            if sniff::has_magic(&value) {
                inspection.member(
                    &format!("value of {key}"),
                    Context::Constant,
                    &Source::of_bytes(value.clone()),
                );
            }
            let value = String::from_utf8_lossy(&value).into_owned();
            if key == "general.license" {
                inspection.licence = Some(value.clone());
            }
            if key.contains("chat_template") {
                template::inspect(inspection, &value);
            } else {
                if !key.starts_with("general.") {
                    code::code_in_data(inspection, &key, &value);
                }
                hidden::value(inspection, &value);
            }
        }
    }
    if let Some(what) = walker.left_out {
        inspection.report(Verdict::Unknown, technique::BUDGET, 0, what);
    }
    for (at, len) in std::mem::take(&mut walker.long_items) {
        hidden::inspect(inspection, &source.read(at, len.min(MAX_TEXT) as usize));
    }
    for (at, len) in std::mem::take(&mut walker.byte_lists) {
        let bytes = source.slice(at, len);
        if sniff::has_magic(&bytes.read(0, 8)) {
            inspection.member("list of bytes", Context::Constant, &bytes);
        } else {
            crate::pickle::search(inspection, &bytes, 0);
        }
    }
    let mut ranges = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..tensors {
        let name = walker.text()?;
        if name.len() > 64 {
            wrong.push("a tensor name of more than 64 bytes".to_owned());
        }
        if !names.insert(name.clone()) {
            wrong.push(format!(
                "the tensor {} stands twice",
                printable(&String::from_utf8_lossy(&name))
            ));
        }
        let dimensions = walker.u32()?;
        if dimensions > 8 {
            overflows.push(format!("a tensor of {dimensions} dimensions"));
            report(inspection, &wrong, &overflows);
            return Some(());
        }
        if dimensions > 4 {
            wrong.push(format!("{dimensions} dimensions"));
        }
        let mut count = Some(1u64);
        for _ in 0..dimensions {
            let size = walker.length()?;
            count = count
                .and_then(|n| n.checked_mul(size))
                .filter(|n| *n < 1 << 62);
        }
        let kind = walker.u32()?;
        let offset = walker.u64()?;
        let Some(count) = count else {
            overflows.push("the product of a tensor's dimensions overflows".to_owned());
            continue;
        };
        match block(kind) {
            Some((items, bytes)) => {
                let len = count.div_ceil(items).checked_mul(bytes);
                match len {
                    Some(len) => ranges.push((offset, len)),
                    None => overflows.push("a tensor's size overflows".to_owned()),
                }
            }
            None => wrong.push(format!("the tensor type {kind} is not known")),
        }
        if offset % alignment != 0 {
            wrong.push("a tensor's offset is not aligned".to_owned());
        }
    }
    let data = walker.at.checked_next_multiple_of(alignment)?;
    let size = source.len().saturating_sub(data);
    ranges.sort_unstable();
    let mut end = 0u64;
    for (offset, len) in &ranges {
        if *offset < end {
            wrong.push("two tensors share bytes".to_owned());
        }
        match offset.checked_add(*len) {
            Some(last) => end = end.max(last),
            None => overflows.push("a tensor's end overflows".to_owned()),
        }
    }
    if end > 1 << 48 {
        overflows.push(format!("tensors reach to byte {end}"));
    } else if end > size {
        wrong.push(format!(
            "tensors need {end} bytes of data, the file has {size}"
        ));
    }
    let padded = end.checked_next_multiple_of(alignment).unwrap_or(end);
    // Without tensors nothing is padded.
    let last = if tensors > 0 {
        data.saturating_add(padded)
    } else {
        walker.at
    };
    if source.len() > last {
        payload::behind(inspection, source, last, Tail::Nothing);
    }
    // Of a type that is not known it is not known where its tensors end.
    if ranges.len() as u64 == tensors {
        holes(inspection, source, data, alignment, &ranges);
    }
    for (offset, len) in ranges.iter().take(MAX_ITEMS) {
        payload::in_items(
            inspection,
            &source.slice(data.saturating_add(*offset), *len),
        );
    }
    report(inspection, &wrong, &overflows);
    Some(())
}

/// Looks at what stands between tensors, where no loader looks.
fn holes(
    inspection: &mut Inspection,
    source: &Source,
    data: u64,
    alignment: u64,
    ranges: &[(u64, u64)],
) {
    let mut end = 0u64;
    let mut looked_at = 0;
    for (offset, len) in ranges {
        let padded = end.checked_next_multiple_of(alignment).unwrap_or(end);
        if *offset > padded {
            looked_at += 1;
            if looked_at > MAX_HOLES {
                inspection.report(
                    Verdict::Unknown,
                    technique::BUDGET,
                    0,
                    "there are more holes between tensors than are looked at",
                );
                return;
            }
            let before = source.slice(0, data.saturating_add(*offset));
            payload::behind(inspection, &before, data.saturating_add(padded), Tail::Data);
        }
        end = end.max(offset.saturating_add(*len));
    }
}

fn report(inspection: &mut Inspection, wrong: &[String], overflows: &[String]) {
    for what in overflows.iter().take(10) {
        inspection.report(
            Verdict::Malicious,
            technique::GGUF_STRUCTURE,
            0,
            format!("made to overflow a loader in C: {what}"),
        );
    }
    for what in wrong.iter().take(10) {
        inspection.report(
            Verdict::Suspicious,
            technique::GGUF_STRUCTURE,
            0,
            format!("not as the format says: {what}"),
        );
    }
}

/// Items and bytes of a block of a tensor type.
const fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        9 => (32, 36),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        16 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        20 => (32, 18),
        21 => (256, 110),
        22 => (256, 82),
        23 => (256, 136),
        24 => (1, 1),
        27 | 28 => (1, 8),
        29 => (256, 56),
        34 => (256, 54),
        35 => (256, 66),
        39 => (32, 17),
        40 => (64, 36),
        _ => return None,
    })
}

/// The formats before GGUF: no loader reads them any more.
pub(crate) fn inspect_old(inspection: &mut Inspection) {
    inspection.format("ggml");
    inspection.report(
        Verdict::Clean,
        technique::GGML_OLD,
        0,
        "a format before GGUF, which current loaders refuse: convert it",
    );
}
