//! safetensors: a JSON header with offsets and raw data. It cannot run code; lies about sizes and data that no
//! tensor owns are what is looked for.

use std::fmt::Formatter;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Context, Inspection};
use crate::json::Unread;
use crate::source::Source;
use crate::{code, hidden, json, payload, sniff, technique, text};

const MAX_HEADER: u64 = 100_000_000;
/// Tensors whose items are looked at.
const MAX_ITEMS: usize = 4096;

#[derive(Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// A length and the start of a JSON object.
pub(crate) fn is_safetensors(source: &Source) -> bool {
    let Some(len) = source.u64(0) else {
        return false;
    };
    match source.array::<2>(8) {
        // A lying length must not hide what it is.
        Some([b'{', b'"' | b'}']) => true,
        Some([b'{', _]) => len <= source.len(),
        _ => false,
    }
}

/// Is it a header that loaders refuse: white space before its object, or a length that none of them takes?
pub(crate) fn is_refused(source: &Source) -> bool {
    let Some(len) = source.u64(0) else {
        return false;
    };
    let head = source.read(8, 64);
    let first = head.trim_ascii_start();
    first.first() == Some(&b'{') && (first.len() < head.len() || len > MAX_HEADER)
}

pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("safetensors");
    let len = source.u64(0).unwrap_or(0);
    let fits = len <= MAX_HEADER && len <= source.len() - 8;
    let header = if fits {
        source.read(8, len as usize)
    } else {
        Vec::new()
    };
    let parsed = read(inspection, &header);
    let mut wrong = |what: String| {
        inspection.report(
            Verdict::Suspicious,
            technique::SAFETENSORS_STRUCTURE,
            0,
            what,
        );
    };
    if !fits {
        wrong(format!(
            "the header says it has {len} bytes; the file has {}",
            source.len()
        ));
        return;
    }
    if header.first() != Some(&b'{') {
        wrong("white space stands before the header's object, which loaders refuse".to_owned());
    }
    let Header { entries, metadata } = match parsed {
        Ok(header) => header,
        Err(error) => {
            wrong(format!("the header is no JSON object: {error}"));
            return;
        }
    };
    drop(header);
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        wrong(format!("the header names {} twice", pair[0].0));
    }
    if metadata.len() > 1 {
        wrong("the header names __metadata__ twice".to_owned());
    }
    let mut ranges = Vec::new();
    let mut overflows = false;
    for (name, entry) in &entries {
        match entry {
            Entry::Other => wrong(format!("the entry of {name} is not that of a tensor")),
            Entry::Unknown(kind) => wrong(format!("{name} has the unknown type {kind}")),
            Entry::Tensor {
                begin,
                end,
                expected,
            } => {
                overflows |= expected.is_none();
                if end < begin || *expected != Some(end - begin) {
                    wrong(format!("{name}: offsets and shape disagree"));
                }
                ranges.push((*begin, *end, name));
            }
        }
    }
    ranges.sort_unstable();
    let looked: Vec<(u64, u64)> = ranges
        .iter()
        .filter(|(begin, end, _)| begin < end)
        .take(MAX_ITEMS)
        .map(|(begin, end, _)| (*begin, *end))
        .collect();
    let data = source.slice(8 + len, u64::MAX);
    let mut at = 0;
    let mut holes = Vec::new();
    for (begin, end, name) in ranges {
        if begin < at {
            wrong(format!("{name} overlaps another tensor"));
        }
        if begin > at {
            wrong(format!(
                "{} bytes before {name} belong to no tensor",
                begin - at
            ));
            holes.push((at, begin - at));
        }
        if end > data.len() {
            wrong(format!("{name} ends behind the file"));
        }
        at = at.max(end);
    }
    if at < data.len() {
        wrong(format!(
            "{} bytes behind the last tensor belong to none",
            data.len() - at
        ));
        holes.push((at, data.len() - at));
    }
    if overflows {
        inspection.report(
            Verdict::Malicious,
            technique::SAFETENSORS_STRUCTURE,
            0,
            "made to overflow a loader: the product of a shape has more than 64 bits",
        );
    }
    for (begin, end) in looked {
        payload::in_items(inspection, &data.slice(begin, end - begin));
    }
    for (start, len) in holes {
        let hole = data.slice(start, len);
        inspection.member("(between tensors)", Context::Member, &hole);
    }
    for metadata in &metadata {
        self::metadata(inspection, metadata);
    }
}

/// What the header says, as little of each tensor as is needed: there may be a million of them.
struct Header {
    /// By their names.
    entries: Vec<(Box<str>, Entry)>,
    metadata: Vec<Value>,
}

enum Entry {
    Tensor {
        begin: u64,
        end: u64,
        /// Bytes by type and shape; nothing if they overflow.
        expected: Option<u64>,
    },
    /// Of a type that is not known.
    Unknown(Box<str>),
    /// No description of a tensor.
    Other,
}

impl Entry {
    fn of(value: Value) -> Self {
        let Ok(tensor) = serde_json::from_value::<Tensor>(value) else {
            return Self::Other;
        };
        let (begin, end) = tensor.data_offsets;
        let count = tensor.shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d));
        let bits = match tensor.dtype.as_str() {
            "F4" | "I4" | "U4" => 4,
            "F6_E2M3" | "F6_E3M2" => 6,
            "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ"
            | "F8_E5M2FNUZ" => 8,
            "U16" | "I16" | "F16" | "BF16" => 16,
            "U32" | "I32" | "F32" => 32,
            "U64" | "I64" | "F64" | "C64" => 64,
            _ => return Self::Unknown(tensor.dtype.into()),
        };
        let expected = count
            .and_then(|n| n.checked_mul(bits))
            .map(|n| n.div_ceil(8));
        Self::Tensor {
            begin,
            end,
            expected,
        }
    }
}

fn read(inspection: &Inspection, bytes: &[u8]) -> Result<Header, Unread> {
    json::check(inspection, bytes)?;
    let mut header = serde_json::from_slice::<Header>(bytes).map_err(Unread::Broken)?;
    header.entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(header)
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut header = Header {
                    entries: Vec::new(),
                    metadata: Vec::new(),
                };
                while let Some(name) = map.next_key::<Box<str>>()? {
                    let value = map.next_value::<Value>()?;
                    if &*name == "__metadata__" {
                        header.metadata.push(value);
                    } else {
                        header.entries.push((name, Entry::of(value)));
                    }
                }
                Ok(header)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

fn metadata(inspection: &mut Inspection, metadata: &Value) {
    let Value::Object(map) = metadata else {
        inspection.report(
            Verdict::Suspicious,
            technique::SAFETENSORS_STRUCTURE,
            0,
            "__metadata__ is no object",
        );
        return;
    };
    for (key, value) in map {
        let Value::String(value) = value else {
            inspection.report(
                Verdict::Suspicious,
                technique::SAFETENSORS_METADATA,
                0,
                format!("the value of {key} in __metadata__ is no text"),
            );
            continue;
        };
        if matches!(key.as_str(), "license" | "modelspec.license") {
            inspection.licence = Some(value.clone());
        }
        if key.contains("chat_template") {
            crate::template::inspect(inspection, value);
        }
        let source = Source::of_bytes(value.clone().into_bytes());
        let decoded = crate::encoding::base64(value.as_bytes()).filter(|_| value.len() >= 16);
        if let Some(decoded) = decoded
            && (sniff::has_magic(&decoded)
                || crate::pickle::looks_like(&Source::of_bytes(decoded.clone())))
        {
            inspection.report(
                Verdict::Suspicious,
                technique::SAFETENSORS_METADATA,
                0,
                format!("the value of {key} in __metadata__ is an encoded file"),
            );
            inspection.member(key, Context::Constant, &Source::of_bytes(decoded));
        } else if crate::pickle::looks_like(&source) {
            inspection.member(key, Context::Constant, &source);
        } else {
            hidden::value(inspection, value);
        }
        code::code_in_data(inspection, key, value);
        if let Ok(json) = json::parse(inspection, value.as_bytes()) {
            text::json(inspection, key, &json);
        }
    }
}
