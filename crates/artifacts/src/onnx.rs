//! ONNX: where tensors say their data is, which operators a graph has, and what its metadata names.

use std::collections::BTreeSet;

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable, shorten};
use crate::payload::{self, Tail};
use crate::protobuf::{self, Field, fields, messages, number, text};
use crate::source::Source;
use crate::technique;
use crate::zip::leads_outside;

mod written;

pub(crate) use written::{is_json, json, syntax, text as written_text};

const MAX_DEPTH: u32 = 16;
const MAX_NODES: usize = 250_000;
/// Dimensions that are multiplied; tensors have a few.
const MAX_DIMS: usize = 1_000;
/// Characters of a name that are shown.
const MAX_NAME: usize = 200;

/// Numbers of the fields of a model, with those that may come: a pickle begins like a higher one.
const KNOWN_FIELDS: std::ops::RangeInclusive<u32> = 1..=31;

/// Domains of operators that runtimes bring.
const KNOWN_DOMAINS: &[&str] = &[
    "",
    "ai.onnx",
    "ai.onnx.ml",
    "ai.onnx.training",
    "ai.onnx.preview.training",
    "com.microsoft",
    "com.microsoft.nchwc",
    "com.microsoft.experimental",
    "com.ms.internal.nhwc",
    "org.pytorch.aten",
    "pkg.onnxscript.torch_lib",
    "pkg.onnxscript.torch_lib.common",
    "com.nvidia",
    "trt.plugins",
    "ai.onnx.contrib",
    "pkg.torch",
];

/// A version, and a graph with nodes or a name.
pub(crate) fn is_onnx(source: &Source) -> bool {
    let mut version = false;
    let mut graph = false;
    for (number, field) in fields(source).take(200) {
        match (number, field) {
            (1, Field::Number(v)) => version = (1..=64).contains(&v),
            (7, Field::Bytes(g)) => {
                graph = g.len() == 0
                    || fields(&g).take(64).any(|(n, f)| match (n, f) {
                        (1, Field::Bytes(node)) => fields(&node).any(|(n, _)| n == 4),
                        (2, Field::Bytes(name)) => std::str::from_utf8(&name.read(0, 256)).is_ok(),
                        (5 | 11 | 12 | 15, _) => true,
                        _ => false,
                    });
            }
            _ => {}
        }
    }
    version && graph
}

pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("onnx");
    let mut walk = Walk {
        inspection,
        nodes: 0,
        own_domains: BTreeSet::new(),
    };
    // Domains that the model defines itself, by functions.
    for function in messages(source, 25).take(MAX_NODES) {
        walk.own_domains.extend(text(&function, 10));
    }
    let mut all = fields(source);
    for (number, field) in all.by_ref() {
        if walk.nodes >= MAX_NODES {
            break;
        }
        let Field::Bytes(bytes) = field else { continue };
        match number {
            7 => walk.graph(&bytes, 0),
            14 => walk.metadata(&bytes),
            20 => {
                for graph in messages(&bytes, 1).chain(messages(&bytes, 2)) {
                    walk.graph(&graph, 0);
                }
            }
            25 => {
                for node in messages(&bytes, 7) {
                    walk.node(&node, 0);
                }
                // What its attributes are where a node does not say so.
                for attribute in messages(&bytes, 11) {
                    walk.attribute(&attribute, "", 0);
                }
            }
            _ => {}
        }
    }
    let is_read = walk.nodes < MAX_NODES;
    let end = protobuf::end(source, KNOWN_FIELDS).filter(|_| is_read);
    if let Some(end) = end {
        payload::behind(inspection, source, end, Tail::Nothing);
    }
    if is_read && !all.whole {
        crate::pickle::search(inspection, source, 0);
    }
    if is_read && !all.whole && end.is_none() {
        inspection.report(
            Verdict::Unknown,
            technique::PICKLE_TRUNCATED,
            0,
            "the model breaks off: what follows was not understood",
        );
    }
}

/// What a tensor says of its size, and the bytes that it has.
#[derive(Default)]
struct Shape {
    /// The product of the dimensions; none if it is no number of items.
    items: Option<u64>,
    is_negative: bool,
    count: usize,
    kind: u64,
    raw: Option<u64>,
}

impl Shape {
    fn dim(&mut self, dim: u64) {
        // Numbers of 64 bits with a sign.
        self.is_negative |= dim > i64::MAX as u64;
        let before = if self.count == 0 { Some(1) } else { self.items };
        self.items = before.and_then(|items| items.checked_mul(dim));
        self.count += 1;
    }

    fn dims(&mut self, packed: &Source) {
        for dim in protobuf::varints(packed).take(MAX_DIMS) {
            self.dim(dim);
        }
    }

    /// Bits of an item. Rows of `TensorProto.DataType` whose items have a size.
    const fn bits(&self) -> Option<u64> {
        Some(match self.kind {
            2 | 3 | 9 | 17..=20 | 24 => 8,
            4 | 5 | 10 | 16 => 16,
            1 | 6 | 12 => 32,
            7 | 11 | 13 | 14 => 64,
            15 => 128,
            21..=23 => 4,
            _ => return None,
        })
    }

    /// Bytes of all items, if they can be counted.
    fn bytes(&self) -> Option<u64> {
        let bits = self.items?.checked_mul(self.bits()?)?;
        Some(bits.div_ceil(8))
    }

    /// How the size is wrong, if it is.
    fn lie(&self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        if self.is_negative {
            return Some("has a negative dimension".to_owned());
        }
        let Some(items) = self.items else {
            return Some("has more items than can be counted".to_owned());
        };
        let has = self.raw?;
        self.bits()?;
        self.bytes().is_none_or(|needs| needs > has).then(|| {
            format!("has {has} bytes for {items} items: what is read behind them is not its own")
        })
    }
}

struct Walk<'i> {
    inspection: &'i mut Inspection,
    nodes: usize,
    own_domains: BTreeSet<String>,
}

impl Walk<'_> {
    /// Counts one more graph or node; said once when there were too many.
    fn is_exhausted(&mut self) -> bool {
        self.nodes += 1;
        if self.nodes == MAX_NODES {
            self.inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                format!("more than {MAX_NODES} graphs and nodes were not read"),
            );
        }
        self.nodes >= MAX_NODES
    }

    fn graph(&mut self, graph: &Source, depth: u32) {
        if self.is_exhausted() {
            return;
        }
        if depth > MAX_DEPTH {
            self.inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "graphs in graphs were not followed to the end",
            );
            return;
        }
        for (number, field) in fields(graph) {
            let Field::Bytes(bytes) = field else { continue };
            match number {
                1 => self.node(&bytes, depth),
                5 => self.tensor(&bytes),
                15 => {
                    for tensor in messages(&bytes, 1).chain(messages(&bytes, 2)) {
                        self.tensor(&tensor);
                    }
                }
                16 => self.metadata(&bytes),
                _ => {}
            }
        }
    }

    fn node(&mut self, node: &Source, depth: u32) {
        if self.is_exhausted() {
            return;
        }
        let op = text(node, 4).unwrap_or_default();
        let domain = text(node, 7).unwrap_or_default();
        if matches!(
            op.as_str(),
            "PythonOp"
                | "PythonOpGrad"
                | "PyOp"
                | "PyCustomOp"
                | "PyFunc"
                | "PythonScript"
                | "Exec"
                | "System"
        ) {
            self.inspection.report(
                Verdict::Malicious,
                technique::ONNX_CODE_OP,
                0,
                format!("the operator {} runs Python code", printable(&op)),
            );
        } else if !KNOWN_DOMAINS.contains(&domain.as_str())
            && !self.own_domains.contains(&domain)
            && !domain.starts_with("pkg.")
            && !domain.starts_with("ai.onnx.")
            && !domain.starts_with("com.microsoft.")
        {
            self.inspection.report(
                Verdict::Unknown,
                technique::ONNX_DOMAIN,
                0,
                format!(
                    "operators of the domain {} need a library of its own",
                    printable(&domain)
                ),
            );
        }
        if op == "EPContext" {
            self.inspection.report(
                Verdict::Unknown,
                technique::ONNX_DOMAIN,
                0,
                "a part of the model is compiled for one kind of chip, and not read here",
            );
        }
        for attribute in messages(node, 5) {
            self.attribute(&attribute, &op, depth);
        }
    }

    /// An attribute of a node, or what it is for nodes of a function that do not say so.
    fn attribute(&mut self, attribute: &Source, op: &str, depth: u32) {
        // Asked for once: an attribute may hold very many values.
        let mut name = None;
        for (number, field) in fields(attribute) {
            let Field::Bytes(bytes) = field else { continue };
            match number {
                5 | 10 => self.tensor(&bytes),
                6 | 11 => self.graph(&bytes, depth + 1),
                22 | 23 => {
                    for tensor in messages(&bytes, 1).chain(messages(&bytes, 2)) {
                        self.tensor(&tensor);
                    }
                }
                4 if bytes.len() < 4096 => {
                    if let Ok(value) = String::from_utf8(bytes.read(0, 4096)) {
                        let name = name.get_or_insert_with(|| short_text(attribute, 1));
                        self.library(name, &value);
                        if op == "EPContext" && name == "ep_cache_context" {
                            self.compiled(&value);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn tensor(&mut self, tensor: &Source) {
        let mut external = Vec::new();
        let mut is_external = false;
        let mut shape = Shape::default();
        for (number, field) in fields(tensor) {
            match (number, field) {
                (1, Field::Number(dim)) => shape.dim(dim),
                (1, Field::Bytes(packed)) => shape.dims(&packed),
                (2, Field::Number(kind)) => shape.kind = kind,
                (13, Field::Bytes(entry)) => external.push((
                    text(&entry, 1).unwrap_or_default(),
                    text(&entry, 2).unwrap_or_default(),
                )),
                (14, Field::Number(1)) => is_external = true,
                (9, Field::Bytes(raw)) => {
                    shape.raw = Some(raw.len());
                    payload::in_items(self.inspection, &raw);
                }
                _ => {}
            }
        }
        if let Some(what) = shape.lie() {
            self.inspection.report(
                Verdict::Suspicious,
                technique::ONNX_BOUNDS,
                0,
                format!("the tensor {} {what}", printable(&short_text(tensor, 8))),
            );
        }
        if external.is_empty() && !is_external {
            return;
        }
        let name = short_text(tensor, 8);
        let said = |key: &str| {
            external
                .iter()
                .find(|(of, _)| of == key)
                .map(|(_, said)| said)
        };
        if let Some(location) = said("location") {
            let number = |key: &str| said(key).map(|said| said.parse::<u64>());
            let begin = number("offset").unwrap_or(Ok(0)).unwrap_or(0);
            let len = match number("length") {
                Some(len) => len.unwrap_or(0),
                None => shape.bytes().unwrap_or(0),
            };
            self.inspection
                .external(location, begin.saturating_add(len));
        }
        for (key, value) in &external {
            match key.as_str() {
                "location" => {
                    let decoded = percent_decoded(value);
                    let bad = leads_outside(value)
                        || leads_outside(&decoded)
                        || value.contains("://")
                        || value.starts_with('~')
                        || value.contains('$')
                        || value.is_empty();
                    // A path that climbs and comes back is no plain file name either.
                    let climbs = value.replace('\\', "/").split('/').any(|part| part == "..")
                        || decoded
                            .replace('\\', "/")
                            .split('/')
                            .any(|part| part == "..");
                    if bad || climbs {
                        self.inspection.report(
                            Verdict::Malicious,
                            technique::ONNX_PATH,
                            0,
                            format!(
                                "the data of {} is taken from {}, outside of the model's folder",
                                printable(&name),
                                printable(value)
                            ),
                        );
                    }
                }
                "offset" | "length" => {
                    if value.parse::<u64>().is_err() {
                        self.inspection.report(
                            Verdict::Suspicious,
                            technique::ONNX_BOUNDS,
                            0,
                            format!(
                                "the {key} of the data of {} is {}",
                                printable(&name),
                                printable(value)
                            ),
                        );
                    }
                }
                "checksum" | "basepath" => {}
                other => self.inspection.report(
                    Verdict::Suspicious,
                    technique::ONNX_BOUNDS,
                    0,
                    format!(
                        "the data of {} has the unknown key {}",
                        printable(&name),
                        printable(other)
                    ),
                ),
            }
        }
        if is_external && number(tensor, 2).is_none() && external.is_empty() {
            self.inspection.report(
                Verdict::Suspicious,
                technique::ONNX_BOUNDS,
                0,
                "data in another file that is not named",
            );
        }
    }

    fn metadata(&mut self, entry: &Source) {
        let key = text(entry, 1).unwrap_or_default();
        let value = text(entry, 2).unwrap_or_default();
        if key.eq_ignore_ascii_case("license") {
            self.inspection.licence = Some(value.clone());
        }
        self.library(&shorten(&key, MAX_NAME), &value);
        crate::code::code_in_data(self.inspection, &key, &value);
        crate::hidden::value(self.inspection, &value);
    }

    /// A path to a shared library.
    /// The file of a part that is compiled, or what it holds.
    fn compiled(&mut self, value: &str) {
        if !value.contains('\0') && (leads_outside(value) || value.contains("://")) {
            self.inspection.report(
                Verdict::Malicious,
                technique::ONNX_PATH,
                0,
                format!(
                    "a compiled part is read from {}, outside of the model's folder",
                    printable(value)
                ),
            );
        }
    }

    fn library(&mut self, key: &str, value: &str) {
        let is_library = [".so", ".dll", ".dylib"]
            .iter()
            .any(|end| value.to_ascii_lowercase().ends_with(end));
        if is_library && !value.contains(' ') {
            let outside = leads_outside(value) || value.contains("://");
            self.inspection.report(
                if outside {
                    Verdict::Malicious
                } else {
                    Verdict::Suspicious
                },
                technique::ONNX_LIBRARY,
                0,
                format!("{} names the library {}", printable(key), printable(value)),
            );
        }
    }
}

/// A name as messages show it: it may be long, and said of very many values.
fn short_text(message: &Source, number: u32) -> String {
    shorten(&text(message, number).unwrap_or_default(), MAX_NAME)
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten();
        let value = digits
            .and_then(|d| std::str::from_utf8(d).ok())
            .and_then(|d| u8::from_str_radix(d, 16).ok());
        if let Some(value) = value {
            out.push(value);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::source::ReadAt;

    /// Bytes that count how many of them are read.
    struct Counted {
        bytes: Vec<u8>,
        read: AtomicU64,
    }

    impl ReadAt for Counted {
        fn size(&self) -> u64 {
            self.bytes.size()
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.bytes.read_at(offset, buffer)?;
            self.read.fetch_add(count as u64, Ordering::Relaxed);
            Ok(count)
        }
    }

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut len = bytes.len();
        while len >= 0x80 {
            out.push(len as u8 | 0x80);
            len >>= 7;
        }
        out.push(len as u8);
        out.extend(bytes);
        out
    }

    #[test]
    fn the_name_of_an_attribute_is_not_looked_for_at_each_of_its_values() {
        let values = [field(1, b"name"), field(4, b"a.so").repeat(20_000)].concat();
        let node = [field(4, b"Add"), field(5, &values)].concat();
        let bytes = [&b"\x08\x08"[..], &field(7, &field(1, &node))].concat();
        let size = bytes.len() as u64;
        let counted = Arc::new(Counted {
            bytes,
            read: AtomicU64::new(0),
        });
        let inner: Arc<dyn ReadAt> = Arc::<Counted>::clone(&counted);
        let mut inspection = Inspection::new(size);
        inspect(&mut inspection, &Source::of(inner));
        assert_eq!(inspection.into_parts().0, Verdict::Suspicious);
        let read = counted.read.load(Ordering::Relaxed);
        assert!(read < 100 * size, "{read} of {size}");
    }
}
