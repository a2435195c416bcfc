//! Layers of Keras that are one operation or function of TensorFlow: `TensorFlowOpLayer` holds a node of a graph,
//! `TFOpLambda` a name that is looked up in TensorFlow.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::encoding;
use crate::inspection::{Inspection, printable};
use crate::protobuf;
use crate::source::Source;
use crate::{technique, tensorflow};

/// The operation of a layer that holds a node.
pub(super) fn operation(inspection: &mut Inspection, layer: &Value) {
    let node = &layer["config"]["node_def"];
    let Some(op) = op_of(node) else {
        inspection.report(
            Verdict::Unknown,
            technique::KERAS_LAYER,
            0,
            "a TensorFlowOpLayer whose operation was not found",
        );
        return;
    };
    if is_print_to_file(&op, layer) {
        inspection.report(
            Verdict::Malicious,
            technique::TF_OP_WRITE,
            0,
            "a layer is TensorFlow's PrintV2, which writes to a file",
        );
    }
    judge(inspection, &op, &op);
}

/// A node as an object, as JSON or text of the format, or as bytes, also in base 64.
fn op_of(node: &Value) -> Option<String> {
    if let Some(op) = node["op"].as_str() {
        return Some(op.to_owned());
    }
    let text = node.as_str()?;
    if let Ok(Value::Object(map)) = serde_json::from_str(text) {
        return map.get("op").and_then(Value::as_str).map(str::to_owned);
    }
    if let Some((_, rest)) = text.split_once("op:") {
        return rest.split('"').nth(1).map(str::to_owned);
    }
    let bytes = encoding::base64(text.as_bytes()).unwrap_or_else(|| text.as_bytes().to_vec());
    protobuf::text(&Source::of_bytes(bytes), 2).filter(|op| !op.is_empty())
}

/// Functions of TensorFlow that load or write whatever they are given.
const FUNCTIONS: &[&str] = &[
    "gfile",
    "load_library",
    "load_op_library",
    "py_function",
    "saved_model",
    "load_model",
    "load_weights",
    "save_weights",
    "get_file",
    "write_graph",
    "create_file_writer",
    "import_meta_graph",
    "load_checkpoint",
];

/// The function of a layer that names one.
pub(super) fn function(inspection: &mut Inspection, layer: &Value) {
    for key in ["function", "name", "cls_symbol", "cls_ref"] {
        let Some(symbol) = layer["config"][key].as_str() else {
            continue;
        };
        let last = symbol.rsplit('.').next().unwrap_or(symbol);
        // `io.write_file` calls the operation `WriteFile`.
        let op: String = last
            .split('_')
            .map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(|c| c.to_ascii_uppercase());
                first.into_iter().chain(letters).collect::<String>()
            })
            .collect();
        if judge(inspection, &op, symbol) {
            return;
        }
        let is_dangerous = symbol.split('.').any(|part| FUNCTIONS.contains(&part));
        if is_dangerous || is_print_to_file(last, layer) {
            inspection.report(
                Verdict::Malicious,
                technique::KERAS_FUNCTION,
                0,
                format!(
                    "a layer calls TensorFlow's {}, which reads, writes or loads beyond the model",
                    printable(symbol)
                ),
            );
            return;
        }
    }
}

/// Reports an operation that reaches outside; whether it does.
fn judge(inspection: &mut Inspection, op: &str, shown: &str) -> bool {
    // That one writes to a file only where it is told one.
    if op == "PrintV2" {
        return false;
    }
    let Some((verdict, technique, what)) = tensorflow::outside_of_graphs(op) else {
        return false;
    };
    inspection.report(
        verdict,
        technique,
        0,
        format!("a layer is TensorFlow's {}, which {what}", printable(shown)),
    );
    true
}

fn is_print_to_file(name: &str, layer: &Value) -> bool {
    if !name.eq_ignore_ascii_case("print") && !name.eq_ignore_ascii_case("printv2") {
        return false;
    }
    let mut stack = vec![layer];
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => stack.extend(map.values()),
            // Bytes of a node are kept in base 64.
            Value::String(text) if text.contains("file://") => return true,
            Value::String(text) => {
                let decoded = encoding::base64(text.as_bytes()).unwrap_or_default();
                if decoded.starts_with(b"file://") {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}
