//! safetensors: a JSON header with offsets and raw data. It cannot run code; lies about sizes and data that no
//! tensor owns are what is looked for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Context, Inspection};
use crate::source::Source;
use crate::{code, json, sniff, technique, text};

const MAX_HEADER: u64 = 100_000_000;

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

pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("safetensors");
    let len = source.u64(0).unwrap_or(0);
    let fits = len <= MAX_HEADER && len <= source.len() - 8;
    let header = if fits {
        source.read(8, len as usize)
    } else {
        Vec::new()
    };
    let parsed = json::parse(inspection, &header);
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
    let entries: BTreeMap<String, Value> = match parsed {
        Ok(Value::Object(map)) => map.into_iter().collect(),
        Ok(_) => {
            wrong("the header is no JSON object".to_owned());
            return;
        }
        Err(error) => {
            wrong(format!("the header is no JSON object: {error}"));
            return;
        }
    };
    if let Some(twice) = duplicate(&header, &entries) {
        wrong(format!("the header names {twice} twice"));
    }
    let mut ranges = Vec::new();
    let mut overflows = false;
    for (name, value) in &entries {
        if name == "__metadata__" {
            continue;
        }
        let tensor: Tensor = if let Ok(tensor) = serde_json::from_value(value.clone()) {
            tensor
        } else {
            wrong(format!("the entry of {name} is not that of a tensor"));
            continue;
        };
        let (begin, end) = tensor.data_offsets;
        let count = tensor.shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d));
        let bits = match tensor.dtype.as_str() {
            "F4" | "I4" | "U4" => Some(4),
            "F6_E2M3" | "F6_E3M2" => Some(6),
            "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ"
            | "F8_E5M2FNUZ" => Some(8),
            "U16" | "I16" | "F16" | "BF16" => Some(16),
            "U32" | "I32" | "F32" => Some(32),
            "U64" | "I64" | "F64" | "C64" => Some(64),
            _ => None,
        };
        let Some(bits) = bits else {
            wrong(format!("{name} has the unknown type {}", tensor.dtype));
            continue;
        };
        let expected = count
            .and_then(|n| n.checked_mul(bits))
            .map(|n| n.div_ceil(8));
        if expected.is_none() {
            overflows = true;
        }
        if end < begin || expected != Some(end - begin) {
            wrong(format!("{name}: offsets and shape disagree"));
        }
        ranges.push((begin, end, name));
    }
    ranges.sort_unstable();
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
    for (start, len) in holes {
        let hole = data.slice(start, len);
        inspection.member("(between tensors)", Context::Member, &hole);
    }
    if let Some(metadata) = entries.get("__metadata__") {
        self::metadata(inspection, metadata);
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
        }
        code::code_in_data(inspection, key, value);
        if let Ok(json) = json::parse(inspection, value.as_bytes()) {
            text::json(inspection, key, &json);
        }
    }
}

/// A key of the outer object that stands twice: readers differ in which one they take.
fn duplicate(header: &[u8], entries: &BTreeMap<String, Value>) -> Option<String> {
    // Only the outer level matters: count its keys with a small scanner.
    let mut depth = 0i32;
    let mut in_text = false;
    let mut escaped = false;
    let mut start = 0;
    let mut keys = 0usize;
    let mut seen = std::collections::BTreeSet::new();
    let mut last: Option<&[u8]> = None;
    for (at, byte) in header.iter().enumerate() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    in_text = false;
                    last = header.get(start..at);
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => {
                in_text = true;
                start = at + 1;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b':' if depth == 1 => {
                keys += 1;
                if let Some(key) = last
                    && !seen.insert(key)
                {
                    return Some(String::from_utf8_lossy(key).into_owned());
                }
            }
            _ => {}
        }
    }
    (keys > entries.len()).then(|| "a key".to_owned())
}
