//! Savers: the operations that TensorFlow puts into each model to save and restore it. They are ordinary under their
//! names where the path comes from whoever calls them, and an attack where the graph itself says the path.

use rustc_hash::FxHashSet;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::protobuf::{self, messages};
use crate::source::Source;
use crate::technique;

/// Nodes that are gone through, again and again, to follow a path to where it comes from, and nodes on the way.
const MAX_VISITS: usize = 1_000_000;
const MAX_WANTED: usize = 1024;
/// Bytes of a path.
const MAX_PATH: usize = 4096;

/// Is an operation that saves or restores called as one of a saver?
pub(super) fn is_named(op: &str, name: &str, function: &str) -> bool {
    function.contains("traced_save")
        || function.contains("traced_restore")
        || (function.is_empty()
            && (name.starts_with("save")
                || name.contains("/save")
                || name.starts_with("checkpoint")
                || op == "RestoreV2"
                || op == "MergeV2Checkpoints"))
}

/// The saver's function that a node calls, if it does: its first argument is the path.
pub(super) fn called(node: &Source, op: &str) -> Option<String> {
    if !op.ends_with("PartitionedCall") {
        return None;
    }
    messages(node, 5)
        .filter(|attribute| protobuf::text(attribute, 1).as_deref() == Some("f"))
        .flat_map(|attribute| messages(&attribute, 2).collect::<Vec<_>>())
        .flat_map(|value| messages(&value, 10).collect::<Vec<_>>())
        .filter_map(|function| protobuf::text(&function, 1))
        .find(|name| name.contains("traced_save") || name.contains("traced_restore"))
}

/// Where the paths of a saver come from.
#[derive(Debug, Default)]
struct Paths {
    /// Nodes that a path goes through, still to be found and found.
    wanted: FxHashSet<String>,
    done: FxHashSet<String>,
    /// A caller gives it.
    is_given: bool,
    /// Constants that it is made of.
    constants: Vec<String>,
    /// An operation that makes a text in a way that is not followed.
    odd: Option<String>,
    writes: bool,
}

/// Inspects the savers of a graph or function, whose nodes stand in a field of it.
pub(super) fn inspect(inspection: &mut Inspection, graph: &Source, nodes: u32, function: &str) {
    let mut paths = Paths::default();
    let mut visits_left = MAX_VISITS;
    let mut is_cut = true;
    for pass in 0.. {
        let before = paths.done.len();
        for node in messages(graph, nodes).take(visits_left) {
            visits_left -= 1;
            paths.node(&node, function, pass == 0);
        }
        // Nodes may stand before those that they feed, or behind.
        let is_done = paths.wanted.is_empty() || pass > 0 && paths.done.len() == before;
        if is_done && visits_left > 0 {
            is_cut = false;
        }
        if is_done || visits_left == 0 || paths.done.len() > MAX_WANTED {
            break;
        }
    }
    // What is no node of a function is an argument of it.
    paths.is_given |= !function.is_empty() && !paths.wanted.is_empty();
    let outside = paths.constants.iter().find(|path| is_outside(path));
    let place = if function.is_empty() {
        "the saver of the graph".to_owned()
    } else {
        format!("the saver {}", printable(function))
    };
    let does = if paths.writes { "writes" } else { "reads" };
    let (verdict, what) = if let Some(path) = outside {
        (
            if paths.writes {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            format!(
                "{place} {does} {}, which the graph itself says",
                printable(path)
            ),
        )
    } else if let Some(op) = &paths.odd {
        (
            Verdict::Suspicious,
            format!("{place} {does} a path that {} makes", printable(op)),
        )
    } else if !paths.is_given && !paths.constants.is_empty() && paths.writes {
        (
            Verdict::Malicious,
            format!(
                "{place} writes {}, and no caller gives the path",
                printable(&paths.constants.concat())
            ),
        )
    } else if is_cut {
        (
            Verdict::Unknown,
            format!("{place} was not followed to where its path comes from"),
        )
    } else {
        return;
    };
    inspection.report(verdict, technique::TF_OP_WRITE, 0, what);
}

impl Paths {
    fn node(&mut self, node: &Source, function: &str, is_first: bool) {
        let name = protobuf::text(node, 1).unwrap_or_default();
        let is_wanted = self.wanted.contains(&name);
        if !is_first && !is_wanted {
            return;
        }
        let op = protobuf::text(node, 2).unwrap_or_default();
        let is_saver = is_first
            && matches!(op.as_str(), "SaveV2" | "RestoreV2" | "MergeV2Checkpoints")
            && is_named(&op, &name, function);
        if is_saver {
            self.writes |= op != "RestoreV2";
            // Of two lists of files that are merged both are paths.
            let count = if op == "MergeV2Checkpoints" { 2 } else { 1 };
            self.want(node, count);
        }
        if is_first && let Some(called) = called(node, &op) {
            self.writes |= called.contains("traced_save");
            self.want(node, 1);
        }
        // The functions that TensorFlow makes hold no path at all.
        if op == "Const" && (is_wanted || is_first && !function.is_empty()) {
            let texts = texts(node).filter(|text| is_wanted || is_outside(text));
            self.constants.extend(texts.take(MAX_WANTED));
        }
        if !is_wanted {
            return;
        }
        self.wanted.remove(&name);
        self.done.insert(name);
        match op.as_str() {
            "Const" => {}
            "Placeholder" | "PlaceholderWithDefault" | "PlaceholderV2" | "_Arg" | "Arg" => {
                self.is_given = true;
                // What it is if the caller gives nothing.
                self.want(node, usize::MAX);
            }
            "StringJoin"
            | "ShardedFilename"
            | "Identity"
            | "IdentityN"
            | "Pack"
            | "Select"
            | "SelectV2"
            | "StaticRegexFullMatch"
            | "RegexFullMatch"
            | "Switch"
            | "Merge"
            | "ExpandDims"
            | "Reshape"
            | "Squeeze"
            | "ConcatV2"
            | "StridedSlice"
            | "Cast"
            | "Where"
            | "If"
            | "StatelessIf"
            | "Fill"
            | "NoOp"
            | "AddV2"
            | "Equal" => {
                self.want(node, usize::MAX);
            }
            _ => self.odd = self.odd.take().or(Some(op)),
        }
    }

    /// The first inputs of a node are looked for.
    fn want(&mut self, node: &Source, count: usize) {
        for input in messages(node, 3).take(count) {
            let Ok(input) = String::from_utf8(input.read(0, 512)) else {
                continue;
            };
            // An output by number, or a node that only comes before.
            if input.starts_with('^') {
                continue;
            }
            let input = input.split(':').next().unwrap_or_default();
            if self.wanted.len() < MAX_WANTED && !self.done.contains(input) {
                self.wanted.insert(input.to_owned());
            }
        }
    }
}

/// Texts of a constant.
fn texts(node: &Source) -> impl Iterator<Item = String> {
    messages(node, 5)
        .flat_map(|attribute| messages(&attribute, 2).collect::<Vec<_>>())
        .flat_map(|value| messages(&value, 8).collect::<Vec<_>>())
        .flat_map(|tensor| messages(&tensor, 8).collect::<Vec<_>>())
        .filter_map(|text| String::from_utf8(text.read(0, MAX_PATH)).ok())
}

fn is_outside(path: &str) -> bool {
    path.starts_with(['/', '~', '\\'])
        || path.contains("../")
        || path.contains("..\\")
        || path.contains("://")
        || path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic()
}
