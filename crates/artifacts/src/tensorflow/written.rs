//! TensorFlow's messages in the text form of protocol buffers.

use super::Kind as Whole;
use crate::inspection::Inspection;
use crate::protobuf::written::{Holds, Writer};
use crate::textproto::{Event, events};

/// Messages of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    SavedModel,
    Meta,
    Graph,
    Library,
    Function,
    Signature,
    Node,
    Attribute,
    Value,
    List,
    Called,
    Tensor,
    Asset,
    TensorInfo,
    Objects,
    Object,
    User,
}

/// Number and kind of a field.
fn field(of: Kind, name: &str) -> Option<(u32, Holds<Kind>)> {
    Some(match (of, name) {
        (Kind::SavedModel, "saved_model_schema_version") => (1, Holds::Number),
        (Kind::SavedModel, "meta_graphs") => (2, Holds::Message(Kind::Meta)),
        (Kind::Meta, "graph_def") => (2, Holds::Message(Kind::Graph)),
        (Kind::Meta, "asset_file_def") => (6, Holds::Message(Kind::Asset)),
        (Kind::Meta, "object_graph_def") => (7, Holds::Message(Kind::Objects)),
        (Kind::Asset, "tensor_info") => (1, Holds::Message(Kind::TensorInfo)),
        (Kind::Asset, "filename") => (2, Holds::Text),
        (Kind::Objects, "nodes") => (1, Holds::Message(Kind::Object)),
        (Kind::Object, "user_object") => (4, Holds::Message(Kind::User)),
        (Kind::User, "identifier") => (1, Holds::Text),
        (Kind::User, "metadata") => (3, Holds::Text),
        (Kind::Graph, "node") => (1, Holds::Message(Kind::Node)),
        (Kind::Graph, "library") => (2, Holds::Message(Kind::Library)),
        (Kind::Library, "function") => (1, Holds::Message(Kind::Function)),
        (Kind::Function, "signature") => (1, Holds::Message(Kind::Signature)),
        (Kind::Function, "node_def") => (3, Holds::Message(Kind::Node)),
        (Kind::Node, "op") => (2, Holds::Text),
        (Kind::Node, "input") => (3, Holds::Text),
        (Kind::Node, "attr") => (5, Holds::Message(Kind::Attribute)),
        (Kind::Attribute, "key") => (1, Holds::Text),
        (Kind::Attribute, "value") => (2, Holds::Message(Kind::Value)),
        (Kind::Value, "list") => (1, Holds::Message(Kind::List)),
        (Kind::Value | Kind::List, "s") => (2, Holds::Bytes),
        (Kind::Value | Kind::List, "tensor") => (8, Holds::Message(Kind::Tensor)),
        (Kind::Value, "func") => (10, Holds::Message(Kind::Called)),
        (Kind::List, "func") => (9, Holds::Message(Kind::Called)),
        (Kind::Called, "attr") => (2, Holds::Message(Kind::Attribute)),
        (Kind::Tensor, "tensor_content") => (4, Holds::Bytes),
        (Kind::Tensor, "string_val") => (8, Holds::Bytes),
        (Kind::Node | Kind::Called | Kind::Signature | Kind::TensorInfo, "name") => {
            (1, Holds::Text)
        }
        _ => return None,
    })
}

/// Inspects each message that the names of a text's own fields say it is.
pub(crate) fn text(inspection: &mut Inspection, content: &str) {
    for (whole, kind) in wholes(content) {
        let mut writer = Writer::new(kind, field);
        writer.text(content);
        let bytes = writer.finish(inspection);
        super::inspect(inspection, &bytes, whole);
    }
}

fn wholes(content: &str) -> Vec<(Whole, Kind)> {
    const ALL: [(Whole, Kind); 3] = [
        (Whole::SavedModel, Kind::SavedModel),
        (Whole::MetaGraph, Kind::Meta),
        (Whole::Graph, Kind::Graph),
    ];
    let mut depth = 0usize;
    let mut found = [false; ALL.len()];
    for event in events(content) {
        match event {
            Event::Open(name) => {
                if depth == 0 {
                    for ((_, kind), is) in ALL.iter().zip(&mut found) {
                        *is |= field(*kind, name).is_some();
                    }
                }
                depth += 1;
            }
            Event::Close => depth = depth.saturating_sub(1),
            Event::Value(..) => {}
        }
    }
    let all = ALL.into_iter().zip(found);
    all.filter_map(|(whole, is)| is.then_some(whole)).collect()
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(name: &str, text: &str) -> Verdict {
        crate::check_bytes(text.as_bytes().to_vec(), RepoPath::from(name)).verdict
    }

    #[test]
    fn a_graph_that_is_written_as_text_is_judged_however_its_fields_are_written() {
        for node in [
            "name: \"w\" op: \"PyFunc\"",
            "name: \"w\" op : \"PyFunc\"",
            "name: \"w\" op: # why\n 'PyFunc'",
            "name: \"w\" op: \"Write\" 'File'",
            "name: \"w\" op: \"\\x50yFunc\"",
            "name: \"w\" op: \"\\120yFunc\"",
            "name:\"w\"op:\"PyFunc\"",
        ] {
            for text in [
                format!("node {{ {node} }}"),
                format!("node <{node}>"),
                format!("node: [{{ {node} }}, {{ name: 'x' op: 'Add' }}]"),
                format!(
                    "library {{ function {{ signature {{ name: 'f' }} node_def {{ {node} }} }} }}"
                ),
                format!("graph_def {{ node {{ {node} }} }}"),
                format!("meta_graphs <graph_def <node <{node}> > >"),
            ] {
                for name in ["graph.pbtxt", "saved_model.pbtxt"] {
                    assert!(
                        verdict(name, &text) >= Verdict::Suspicious,
                        "{name}: {text}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_only_looks_like_an_operation_is_none() {
        for text in [
            "node { name: \"op: PyFunc\" op: \"Add\" }",
            "node { name: 'w' op: 'Add' } # op: \"PyFunc\"",
            "node { name: 'w' op: 'NoOp' attr { key: 'op' value { s: 'PyFunc' } } }",
            "versions { producer: 22 } node { name: 'PyFunc' op: 'Placeholder' }",
        ] {
            assert_eq!(verdict("graph.pbtxt", text), Verdict::Clean, "{text}");
        }
    }

    #[test]
    fn places_outside_are_seen_in_texts_too() {
        let asset = |file: &str| {
            format!(
                "saved_model_schema_version: 1 meta_graphs {{ graph_def {{ node {{ name: 'w' op: 'Const' }} }} \
                 asset_file_def {{ tensor_info {{ name: 'w:0' }} filename: '{file}' }} }}"
            )
        };
        assert_eq!(
            verdict("saved_model.pbtxt", &asset("../../../etc/passwd")),
            Verdict::Malicious
        );
        assert_eq!(
            verdict("saved_model.pbtxt", &asset("vocab.txt")),
            Verdict::Clean
        );
        let read = |path: &str| {
            format!(
                "node {{ name: 'c' op: 'Const' attr {{ value {{ tensor {{ string_val: \"{path}\" }} }} key: 'value' }} }} \
                 node {{ name: 'r' op: 'ReadFile' input: 'c' }}"
            )
        };
        assert_eq!(
            verdict("graph.pbtxt", &read("/etc/my secret")),
            Verdict::Malicious
        );
    }
}
