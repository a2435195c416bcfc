//! `NumPy`'s `.npy`: a header that is a Python literal, then raw items, or a pickle if items are objects. What
//! stands behind the items belongs to another array or to nothing.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Context, Inspection, bytes_stand};
use crate::source::Source;
use crate::{payload, pickle, sniff, technique};

mod layout;

/// `NumPy` refuses longer headers unless told otherwise.
const MAX_HEADER: u64 = 64 << 10;
/// What a header says of the items over what the file has: a download that stopped early has less of a lie.
const ABSURD_RATIO: u64 = 1 << 16;
/// Arrays of a file that are read one by one.
const MAX_ARRAYS: usize = 100_000;

/// Inspects an array, and those that `numpy.save` wrote behind it into the same file.
pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("npy");
    let mut rest = source.clone();
    for _ in 0..MAX_ARRAYS {
        let Some(end) = array(inspection, &rest) else {
            return;
        };
        rest = rest.slice(end, u64::MAX);
        if rest.read(0, 6) != b"\x93NUMPY" {
            break;
        }
    }
    behind(inspection, source.len() - rest.len(), &rest);
}

/// What stands behind the last array: nothing reads it with the array, and somebody may read it alone.
fn behind(inspection: &mut Inspection, at: u64, rest: &Source) {
    if rest.len() == 0 {
        return;
    }
    let is_padding = is_zero(rest);
    inspection.report(
        if is_padding {
            Verdict::Clean
        } else {
            Verdict::Suspicious
        },
        technique::NPY_TRAILING,
        at,
        format!(
            "{} behind the items that the header describes",
            bytes_stand(rest.len())
        ),
    );
    if !is_padding {
        inspection.member("(behind the array)", Context::Member, rest);
        pickle::search(inspection, rest, 0);
    }
}

/// Nothing but zeros, as far as is looked.
fn is_zero(rest: &Source) -> bool {
    const MAX_PADDING: u64 = 64 << 20;
    let mut at = 0;
    while at < rest.len() && at < MAX_PADDING {
        let piece = rest.read(at, 1 << 16);
        if piece.is_empty() || piece.iter().any(|byte| *byte != 0) {
            return false;
        }
        at = rest.run_end(at + piece.len() as u64);
    }
    at >= rest.len()
}

/// Inspects one array; where its items end, if they are raw.
fn array(inspection: &mut Inspection, source: &Source) -> Option<u64> {
    let major = source.array::<1>(6).map_or(1, |b| b[0]);
    let (len, start) = if major == 1 {
        (source.u16(8).map(u64::from), 10)
    } else {
        (source.u32(8).map(u64::from), 12)
    };
    let Some(len) = len.filter(|len| *len <= source.len().saturating_sub(start)) else {
        inspection.report(
            Verdict::Unknown,
            technique::NPY_HEADER,
            8,
            "the header is longer than the file",
        );
        return None;
    };
    if !(1..=3).contains(&major) || len > MAX_HEADER {
        inspection.report(
            Verdict::Suspicious,
            technique::NPY_HEADER,
            6,
            format!("version {major}, header of {len} bytes: not what NumPy writes"),
        );
    }
    let header = source.read(start, len.min(MAX_HEADER) as usize);
    let header = String::from_utf8_lossy(&header).into_owned();
    if let Some(why) = strange(&header) {
        inspection.report(
            if why.starts_with("it calls") {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::NPY_HEADER,
            start,
            format!("the header is more than a literal: {why}"),
        );
    }
    let body = source.slice(start + len, u64::MAX);
    if has_objects(&header) {
        inspection.report(
            Verdict::Clean,
            technique::NPY_OBJECT,
            start,
            "an array of objects: its items are a pickle, loaded only with allow_pickle=True",
        );
        pickle::scan(inspection, &body);
        return None;
    }
    let items = layout::body_len(&header);
    if sniff::is_file(&body) {
        payload::in_items(inspection, &body);
    }
    if items.is_none() || pickle::looks_like(&body) {
        // The header lies, or data begins like a pickle: only harm counts.
        pickle::search(inspection, &body, 0);
    }
    if layout::is_impossible(&header) {
        inspection.report(
            Verdict::Suspicious,
            technique::NPY_TRAILING,
            start,
            "the header gives a size that no array has: below zero, or more than can be counted",
        );
    } else if let Some(items) = items.filter(|items| items / ABSURD_RATIO > source.len()) {
        inspection.report(
            Verdict::Suspicious,
            technique::NPY_TRAILING,
            start,
            format!(
                "the header says that the items have {items} bytes; the file has {}: loaders make room for them",
                source.len()
            ),
        );
    } else if items.is_none_or(|items| items > body.len()) {
        inspection.report(
            Verdict::Unknown,
            technique::NPY_TRAILING,
            start,
            "the header does not say how long the array is, or says more than the file has",
        );
    }
    let end = items.filter(|items| *items <= body.len())?;
    Some(start + len + end)
}

/// An item type of objects: `|O`, also inside of structured types.
fn has_objects(header: &str) -> bool {
    let text: Vec<char> = header.chars().filter(|c| !c.is_whitespace()).collect();
    let text: String = text.into_iter().collect();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['\'', '"']) {
        let Some(tail) = rest.get(at + 1..) else {
            break;
        };
        let Some(end) = tail.find(['\'', '"']) else {
            break;
        };
        let item = tail[..end].trim_start_matches(['|', '<', '>', '=']);
        if item == "O" || item == "O8" || item == "O4" || item == "object" {
            return true;
        }
        rest = tail.get(end + 1..).unwrap_or_default();
    }
    false
}

/// A call or an operator where only a literal may stand.
fn strange(header: &str) -> Option<String> {
    let mut quote = None;
    let mut word = String::new();
    for c in header.chars() {
        if let Some(q) = quote {
            if c == q {
                quote = None;
            }
            continue;
        }
        match c {
            '\'' | '"' => quote = Some(c),
            c if c.is_alphabetic() || c == '_' => word.push(c),
            '(' if !word.is_empty() => return Some(format!("it calls {word}")),
            _ => {
                if !matches!(word.as_str(), "" | "True" | "False" | "None" | "L") {
                    return Some(format!("it names {word}"));
                }
                word.clear();
            }
        }
    }
    None
}
