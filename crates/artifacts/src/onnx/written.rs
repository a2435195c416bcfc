//! Models of ONNX that are written as text: JSON and the text form of protocol buffers. What the walk over a model asks
//! for is put back into bytes, so that one walk judges all of them.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::protobuf::written::{Holds, Writer};
use crate::technique;
use crate::zip::leads_outside;

/// Messages of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    Entry,
    Training,
    Function,
}

/// Number and kind of a field; names are small letters without dashes between words, as both forms have them.
fn field(of: Kind, name: &str) -> Option<(u32, Holds<Kind>)> {
    let plain: String = name
        .chars()
        .filter(|c| *c != '_')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    Some(match (of, plain.as_str()) {
        (Kind::Model, "irversion") => (1, Holds::Number),
        (Kind::Model, "graph") => (7, Holds::Message(Kind::Graph)),
        (Kind::Model, "metadataprops") => (14, Holds::Message(Kind::Entry)),
        (Kind::Model, "traininginfo") => (20, Holds::Message(Kind::Training)),
        (Kind::Model, "functions") => (25, Holds::Message(Kind::Function)),
        (Kind::Training, "initialization") => (1, Holds::Message(Kind::Graph)),
        (Kind::Training, "algorithm") => (2, Holds::Message(Kind::Graph)),
        (Kind::Function, "node") => (7, Holds::Message(Kind::Node)),
        (Kind::Function, "attributeproto") => (11, Holds::Message(Kind::Attribute)),
        (Kind::Function, "domain") => (10, Holds::Text),
        (Kind::Graph, "node") => (1, Holds::Message(Kind::Node)),
        (Kind::Graph, "name") => (2, Holds::Text),
        (Kind::Graph, "initializer") => (5, Holds::Message(Kind::Tensor)),
        (Kind::Graph, "sparseinitializer") => (15, Holds::Message(Kind::Sparse)),
        (Kind::Graph, "metadataprops") => (16, Holds::Message(Kind::Entry)),
        (Kind::Sparse, "values") => (1, Holds::Message(Kind::Tensor)),
        (Kind::Sparse, "indices") => (2, Holds::Message(Kind::Tensor)),
        (Kind::Node, "name") => (3, Holds::Text),
        (Kind::Node, "optype") => (4, Holds::Text),
        (Kind::Node, "attribute") => (5, Holds::Message(Kind::Attribute)),
        (Kind::Node, "domain") => (7, Holds::Text),
        (Kind::Attribute, "name") => (1, Holds::Text),
        (Kind::Attribute, "s") => (4, Holds::Bytes),
        (Kind::Attribute, "strings") => (9, Holds::Bytes),
        (Kind::Attribute, "t") => (5, Holds::Message(Kind::Tensor)),
        (Kind::Attribute, "g") => (6, Holds::Message(Kind::Graph)),
        (Kind::Attribute, "tensors") => (10, Holds::Message(Kind::Tensor)),
        (Kind::Attribute, "graphs") => (11, Holds::Message(Kind::Graph)),
        (Kind::Attribute, "sparsetensor") => (22, Holds::Message(Kind::Sparse)),
        (Kind::Attribute, "sparsetensors") => (23, Holds::Message(Kind::Sparse)),
        (Kind::Tensor, "dims") => (1, Holds::Number),
        (Kind::Tensor, "datatype") => (2, Holds::Number),
        (Kind::Tensor, "name") => (8, Holds::Text),
        (Kind::Tensor, "rawdata") => (9, Holds::Bytes),
        (Kind::Tensor, "externaldata") => (13, Holds::Message(Kind::Entry)),
        (Kind::Tensor, "datalocation") => (14, Holds::Number),
        (Kind::Entry, "key") => (1, Holds::Text),
        (Kind::Entry, "value") => (2, Holds::Text),
        _ => return None,
    })
}

/// A version and a graph, under either of their names.
pub(crate) fn is_json(value: &Value) -> bool {
    let Some(map) = value.as_object() else {
        return false;
    };
    (map.contains_key("irVersion") || map.contains_key("ir_version"))
        && map.get("graph").is_some_and(Value::is_object)
}

pub(crate) fn json(inspection: &mut Inspection, value: &Value) {
    let mut writer = Writer::new(Kind::Model, field);
    for (name, value) in value.as_object().into_iter().flatten() {
        writer.json(name, value);
    }
    inspect(inspection, writer);
}

pub(crate) fn text(inspection: &mut Inspection, content: &str) {
    let mut writer = Writer::new(Kind::Model, field);
    writer.text(content);
    inspect(inspection, writer);
}

fn inspect(inspection: &mut Inspection, writer: Writer<Kind>) {
    let bytes = writer.finish(inspection);
    super::inspect(inspection, &bytes);
}

/// The syntax that ONNX has for people to read: of it only the places of data are looked for.
pub(crate) fn syntax(inspection: &mut Inspection, content: &str) {
    inspection.format("onnx");
    inspection.report(
        Verdict::Unknown,
        technique::UNREAD_CONTAINER,
        0,
        "a model in the syntax of ONNX for people, of which only the places of its data are read here",
    );
    let mut pieces = content.split('"').skip(1).step_by(2).peekable();
    while let Some(key) = pieces.next() {
        let Some(place) = pieces.peek().filter(|_| key == "location") else {
            continue;
        };
        if leads_outside(place) || place.contains("://") || place.starts_with('~') {
            inspection.report(
                Verdict::Malicious,
                technique::ONNX_PATH,
                0,
                format!(
                    "data is taken from {}, outside of the model's folder",
                    printable(place)
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(name: &str, text: &str) -> Verdict {
        crate::check_bytes(text.as_bytes().to_vec(), RepoPath::from(name)).verdict
    }

    fn json(tensor: &str, node: &str) -> String {
        format!(
            r#"{{"irVersion": "8", "graph": {{"node": [{{"input": ["x"], "output": ["y"], {node}}}], "name": "g", "initializer": [{{"dims": ["2"], "dataType": 1, "name": "w", {tensor}}}]}}, "opsetImport": [{{"version": "17"}}]}}"#
        )
    }

    fn text(tensor: &str, node: &str) -> String {
        format!(
            "ir_version: 8\ngraph {{\n  node {{ input: \"x\" output: \"y\" {node} }}\n  name: \"g\"\n  initializer {{ dims: 2 data_type: 1 name: \"w\" {tensor} }}\n}}\nopset_import {{ version: 17 }}\n"
        )
    }

    #[test]
    fn a_model_that_is_written_as_text_is_judged_as_its_bytes_are() {
        let place = |at: &str| {
            [
                (
                    "m.onnx.json",
                    json(
                        &format!(
                            r#""dataLocation": "EXTERNAL", "externalData": [{{"key": "location", "value": "{at}"}}]"#
                        ),
                        r#""opType": "Add""#,
                    ),
                ),
                (
                    "m.textproto",
                    text(
                        &format!(
                            "external_data {{ key: \"location\" value: '{at}' }} data_location: EXTERNAL"
                        ),
                        "op_type: \"Add\"",
                    ),
                ),
            ]
        };
        for (name, bytes) in place("../../../etc/passwd") {
            assert_eq!(verdict(name, &bytes), Verdict::Malicious, "{name}");
            assert_eq!(
                verdict(&name.replace("textproto", "pbtxt"), &bytes),
                Verdict::Malicious
            );
        }
        for (name, bytes) in place("weights.bin") {
            assert!(verdict(name, &bytes) <= Verdict::Unknown, "{name}");
        }
        let code = [
            (
                "m.json",
                json(r#""rawData": "AAAAAAAAAAA=""#, r#""opType": "PyOp""#),
            ),
            (
                "m.textproto",
                text(
                    r#"raw_data: "\000\000\000\000\000\000\000\000""#,
                    "op_type: 'Py' \"Op\"",
                ),
            ),
        ];
        let plain = [
            (
                "m.json",
                json(r#""rawData": "AAAAAAAAAAA=""#, r#""opType": "Add""#),
            ),
            (
                "m.textproto",
                text(
                    r#"raw_data: "\000\000\000\000\000\000\000\000""#,
                    "op_type: 'Add'",
                ),
            ),
        ];
        for (name, bytes) in code {
            assert_eq!(verdict(name, &bytes), Verdict::Malicious, "{name}");
        }
        for (name, bytes) in plain {
            assert_eq!(verdict(name, &bytes), Verdict::Clean, "{name}");
        }
    }

    #[test]
    fn the_syntax_for_people_is_never_clean() {
        let model = |at: &str| {
            format!(
                "<ir_version: 8>\nagraph (float[4] x) => (float[4] y)\n<float[4] w = [\"location\": \"{at}\"]>\n{{ y = Add(x, w) }}"
            )
        };
        assert_eq!(verdict("m.onnxtxt", &model("w.bin")), Verdict::Unknown);
        assert_eq!(
            verdict("m.onnxtxt", &model("/etc/passwd")),
            Verdict::Malicious
        );
    }
}
