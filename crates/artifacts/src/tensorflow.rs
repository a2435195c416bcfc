//! TensorFlow graphs: `SavedModel`, `MetaGraph`, `GraphDef`. Operations that run code, touch files
//! or the network are found wherever they stand: in the graph, in functions, in serialised graphs.

use rustc_hash::FxHashSet;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::keras;
use crate::payload::{self, Tail};
use crate::protobuf::{self, Field, fields, is_message, messages};
use crate::source::Source;
use crate::technique;
use crate::zip::leads_outside;

mod operations;
mod saver;
mod written;

pub(crate) use operations::outside_of_graphs;
use operations::{Tier, tier};
pub(crate) use written::text;

const MAX_DEPTH: u32 = 8;
/// Paths and addresses that are kept of a graph.
const MAX_CONSTANTS: usize = 4096;
/// Bytes of a layer's configuration.
const MAX_METADATA: u64 = 64 << 20;
/// Attribute bytes that are tried as a graph.
const MIN_GRAPH: u64 = 12;

/// What a message turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    SavedModel,
    MetaGraph,
    Graph,
}

/// Tells the messages apart by the shape of what they hold.
pub(crate) fn kind(source: &Source) -> Option<Kind> {
    // Fields may stand in any order.
    for (number, field) in fields(source) {
        match (number, field) {
            (2, Field::Bytes(meta)) if meta_graph(&meta) => return Some(Kind::SavedModel),
            (2, Field::Bytes(graph)) if looks_like_graph(&graph) => return Some(Kind::MetaGraph),
            (1, Field::Bytes(node)) if is_node(&node) => return Some(Kind::Graph),
            _ => {}
        }
    }
    None
}

fn meta_graph(source: &Source) -> bool {
    messages(source, 2).any(|graph| looks_like_graph(&graph))
}

fn looks_like_graph(source: &Source) -> bool {
    fields(source).any(|(number, field)| match (number, field) {
        (1, Field::Bytes(node)) => is_node(&node),
        (2, Field::Bytes(library)) => messages(&library, 1)
            .next()
            .is_some_and(|f| messages(&f, 1).next().is_some()),
        _ => false,
    })
}

/// A name and an operation in capitals.
fn is_node(source: &Source) -> bool {
    let (mut name, mut op) = (None, None);
    for (number, field) in fields(source) {
        match (number, field) {
            (1, Field::Bytes(text)) => name = name.or_else(|| Some(text.read(0, 512))),
            (2, Field::Bytes(text)) => op = op.or_else(|| Some(text.read(0, 128))),
            _ => {}
        }
        if name.is_some() && op.is_some() {
            break;
        }
    }
    let (Some(name), Some(op)) = (name, op) else {
        return false;
    };
    let plain = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(|b| (0x21..0x7f).contains(b));
    plain(&name)
        && plain(&op)
        && op[0].is_ascii_alphanumeric() | op.starts_with(b"_")
        && op
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'>' | b'.'))
}

/// Inspects one of the three.
pub(crate) fn inspect(inspection: &mut Inspection, source: &Source, kind: Kind) {
    let mut walk = Walk {
        inspection,
        touches: Touches::Nothing,
        has_saver: false,
        more_constants: false,
        constants: Vec::new(),
        assets: FxHashSet::default(),
    };
    match kind {
        Kind::SavedModel => {
            walk.inspection.format("tensorflow-saved-model");
            for meta in messages(source, 2) {
                walk.meta(&meta);
            }
        }
        Kind::MetaGraph => {
            walk.inspection.format("tensorflow-meta-graph");
            walk.meta(source);
        }
        Kind::Graph => {
            walk.inspection.format("tensorflow-graph");
            walk.graph(source, 0);
        }
    }
    walk.finish();
    let known = match kind {
        Kind::SavedModel => 1..=2,
        Kind::MetaGraph => 1..=10,
        Kind::Graph => 1..=10,
    };
    if let Some(end) = protobuf::end(source, known) {
        payload::behind(inspection, source, end, Tail::Nothing);
    }
}

/// What the operations of a graph do to files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Touches {
    Nothing,
    Files,
    Written,
}

struct Walk<'i> {
    inspection: &'i mut Inspection,
    touches: Touches,
    /// Of the graph or function that is walked: an operation that saves or restores, under the name of a saver.
    has_saver: bool,
    /// Absolute paths and addresses among constants, and whether there were more.
    constants: Vec<String>,
    more_constants: bool,
    /// Constants that loaders replace by the paths of the model's own assets.
    assets: FxHashSet<String>,
}

impl Walk<'_> {
    fn meta(&mut self, meta: &Source) {
        self.assets = messages(meta, 6)
            .take(MAX_CONSTANTS)
            .flat_map(|asset| messages(&asset, 1).collect::<Vec<_>>())
            .filter_map(|tensor| protobuf::text(&tensor, 1))
            .map(|name| name.split(':').next().unwrap_or_default().to_owned())
            .collect();
        for graph in messages(meta, 2) {
            self.graph(&graph, 0);
        }
        for asset in messages(meta, 6) {
            if let Some(file) = protobuf::text(&asset, 2)
                && leads_outside(&file)
            {
                self.inspection.report(
                    Verdict::Malicious,
                    technique::TF_ASSET,
                    0,
                    format!("the asset {} lies outside of the model", printable(&file)),
                );
            }
        }
        // Keras' description of the objects, with Lambda code.
        for objects in messages(meta, 7) {
            for node in messages(&objects, 1) {
                for user in messages(&node, 4) {
                    if let Some(metadata) = protobuf::text(&user, 3).filter(|m| m.starts_with('{'))
                        && let Ok(json) = serde_json::from_str(&metadata)
                    {
                        keras::config(self.inspection, &json, keras::Container::Hdf5);
                    }
                }
            }
        }
    }

    fn graph(&mut self, graph: &Source, depth: u32) {
        if depth > MAX_DEPTH {
            self.inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "graphs in graphs were not followed to the end",
            );
            return;
        }
        let outer = std::mem::take(&mut self.has_saver);
        for (number, field) in fields(graph) {
            match (number, field) {
                (1, Field::Bytes(node)) => {
                    if !self.pays() {
                        return;
                    }
                    self.node(&node, "", depth);
                }
                (2, Field::Bytes(library)) => {
                    for function in messages(&library, 1) {
                        self.function(&function, depth);
                    }
                }
                _ => {}
            }
        }
        if std::mem::replace(&mut self.has_saver, outer) {
            saver::inspect(self.inspection, graph, 1, "");
        }
    }

    fn function(&mut self, function: &Source, depth: u32) {
        let name = messages(function, 1)
            .next()
            .and_then(|signature| protobuf::text(&signature, 1))
            .unwrap_or_default();
        let outer = std::mem::take(&mut self.has_saver);
        for node in messages(function, 3) {
            if !self.pays() {
                return;
            }
            self.node(&node, &name, depth);
        }
        if std::mem::replace(&mut self.has_saver, outer) {
            saver::inspect(self.inspection, function, 3, &name);
        }
    }

    /// Takes a node from what all graphs of the file may have.
    fn pays(&mut self) -> bool {
        let left = self.inspection.nodes_left.checked_sub(1);
        self.inspection.nodes_left = left.unwrap_or_default();
        if left.is_none() {
            self.inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "graphs have more nodes than are looked at",
            );
        }
        left.is_some()
    }

    fn node(&mut self, node: &Source, function: &str, depth: u32) {
        let op = protobuf::text(node, 2).unwrap_or_default();
        let name = protobuf::text(node, 1).unwrap_or_default();
        if let Some(tier) = tier(&op) {
            self.op(tier, &op, &name, function);
        } else if op == "PrintV2" {
            for attribute in messages(node, 5) {
                let value = messages(&attribute, 2)
                    .next()
                    .and_then(|v| protobuf::text(&v, 2))
                    .unwrap_or_default();
                if value.starts_with("file://") {
                    self.op(Tier::Write, "PrintV2", &name, function);
                }
            }
        } else if saver::called(node, &op).is_some() {
            self.has_saver = true;
        }
        for attribute in messages(node, 5) {
            let key = protobuf::text(&attribute, 1).unwrap_or_default();
            // Debugging operations write what passes through them to the places that they name.
            if key == "debug_urls" && attribute_texts(&attribute).any(|url| url.contains("://")) {
                self.op(Tier::Write, &op, &name, function);
            }
            // Where its author kept an asset says nothing.
            let of = if self.assets.contains(&name) {
                ""
            } else {
                op.as_str()
            };
            for value in messages(&attribute, 2) {
                self.attribute(of, &key, &value, depth);
            }
        }
    }

    fn op(&mut self, tier: Tier, op: &str, name: &str, function: &str) {
        let place = if function.is_empty() {
            format!("node {}", printable(name))
        } else {
            format!(
                "node {} of function {}",
                printable(name),
                printable(function)
            )
        };
        let (verdict, technique, what) = match (operations::judged(tier, op), tier) {
            (Some(judged), _) => judged,
            (None, Tier::Checkpoint) => {
                if saver::is_named(op, name, function) {
                    self.has_saver = true;
                    return;
                }
                (
                    if op == "SaveV2" {
                        Verdict::Malicious
                    } else {
                        Verdict::Suspicious
                    },
                    technique::TF_OP_WRITE,
                    if op == "SaveV2" {
                        "saves files outside of the functions that TensorFlow makes for it"
                    } else {
                        "saves or restores files outside of the functions that TensorFlow makes for it"
                    },
                )
            }
            (None, _) => {
                self.touches = self.touches.max(Touches::Files);
                return;
            }
        };
        let is_writer = tier == Tier::Write || op == "SaveV2";
        let touches = if is_writer {
            Touches::Written
        } else {
            Touches::Files
        };
        self.touches = self.touches.max(touches);
        self.inspection.report(
            verdict,
            technique,
            0,
            format!("{place}: the operation {op} {what}"),
        );
    }

    fn attribute(&mut self, op: &str, key: &str, value: &Source, depth: u32) {
        for (number, field) in fields(value) {
            let Field::Bytes(bytes) = field else { continue };
            match number {
                // A text or bytes.
                2 => self.content(&bytes, depth),
                // A list of them.
                1 => {
                    for text in messages(&bytes, 2) {
                        if key == "debug_urls" {
                            self.content(&text, depth);
                        }
                        self.nested(&text, depth);
                    }
                }
                // A tensor: texts stand in field 8.
                8 => {
                    for items in messages(&bytes, 4) {
                        payload::in_items(self.inspection, &items);
                    }
                    for items in messages(&bytes, 8).take(MAX_CONSTANTS) {
                        payload::in_items(self.inspection, &items);
                    }
                    for text in messages(&bytes, 8) {
                        if matches!(op, "Const" | "ImmutableConst") {
                            self.content(&text, depth);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn content(&mut self, bytes: &Source, depth: u32) {
        self.nested(bytes, depth);
        if bytes.len() > 4096 || bytes.len() < 4 {
            return;
        }
        let Ok(text) = String::from_utf8(bytes.read(0, 4096)) else {
            return;
        };
        let is_place = text.starts_with('/')
            || text.starts_with("~/")
            || text.starts_with("file://")
            || text.starts_with("http://")
            || text.starts_with("https://")
            || text.starts_with("grpc://")
            || text.contains("../");
        if is_place && !text.contains('\n') && text.len() > 4 {
            if self.constants.len() < MAX_CONSTANTS {
                self.constants.push(text);
            } else {
                self.more_constants = true;
            }
        }
    }

    /// A graph, a function or an object of Keras in bytes.
    fn nested(&mut self, bytes: &Source, depth: u32) {
        if bytes.len() < MIN_GRAPH {
            return;
        }
        let head = bytes.array::<1>(0).unwrap_or_default()[0];
        if head == 0x0a && looks_like_graph(bytes) && is_message(bytes) {
            self.graph(bytes, depth + 1);
        } else if head == 0x0a
            && messages(bytes, 3).next().is_some_and(|n| is_node(&n))
            && is_message(bytes)
        {
            self.function(bytes, depth + 1);
        }
    }

    fn finish(self) {
        if self.touches == Touches::Nothing {
            return;
        }
        if self.more_constants {
            self.inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "the graph touches files and holds more paths than are looked at",
            );
        }
        for place in &self.constants {
            let system = [
                "/etc/", "/root", "/home/", "/tmp/", "/var/", "/usr/", "/proc/", "~/", "http",
                "file:", "grpc:", "../",
            ]
            .iter()
            .any(|start| place.contains(start));
            if system {
                self.inspection.report(
                    Verdict::Malicious,
                    if self.touches == Touches::Written {
                        technique::TF_OP_WRITE
                    } else {
                        technique::TF_OP_READ
                    },
                    0,
                    format!(
                        "the graph {} and holds the path {}",
                        if self.touches == Touches::Written {
                            "writes files"
                        } else {
                            "touches files"
                        },
                        printable(place)
                    ),
                );
            }
        }
    }
}

/// Texts of a list that is the value of an attribute.
fn attribute_texts(attribute: &Source) -> impl Iterator<Item = String> {
    messages(attribute, 2)
        .flat_map(|value| messages(&value, 1).collect::<Vec<_>>())
        .flat_map(|list| messages(&list, 2).collect::<Vec<_>>())
        .filter_map(|text| String::from_utf8(text.read(0, 512)).ok())
}

/// `keras_metadata.pb`: nodes with Keras JSON.
pub(crate) fn keras_metadata(inspection: &mut Inspection, source: &Source) -> bool {
    let mut found = false;
    for node in messages(source, 1) {
        let Some(identifier) = protobuf::text(&node, 4) else {
            continue;
        };
        if !identifier.starts_with("_tf_keras") {
            continue;
        }
        found = true;
        if let Some(metadata) = messages(&node, 5).next() {
            if metadata.len() > MAX_METADATA {
                inspection.report(
                    Verdict::Unknown,
                    technique::BUDGET,
                    0,
                    "a configuration of more than 64 MB was not read",
                );
                continue;
            }
            keras::config_text(
                inspection,
                &metadata.read(0, MAX_METADATA as usize),
                keras::Container::Hdf5,
            );
        }
    }
    if found {
        inspection.format("keras-metadata");
    }
    found
}
