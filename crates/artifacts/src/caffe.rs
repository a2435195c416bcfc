//! Caffe's networks in the text form: layers that are written in Python.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::textproto::{Event, events};
use crate::{technique, text};

/// Python layers that are told.
const MAX_LAYERS: usize = 100;

/// The names of a text's own fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Top {
    pub(crate) is_onnx: bool,
    pub(crate) has_layers: bool,
    pub(crate) has_nodes: bool,
}

/// What kind of a graph a text is, by the fields that stand in no message.
pub(crate) fn top(content: &str) -> Top {
    let mut top = Top::default();
    let (mut depth, mut has_version, mut has_graph) = (0usize, false, false);
    for event in events(content) {
        match event {
            Event::Open(name) => {
                if depth == 0 {
                    has_graph |= name == "graph";
                    top.has_layers |= matches!(name, "layer" | "layers");
                    top.has_nodes |=
                        matches!(name, "node" | "meta_graphs" | "graph_def" | "library");
                }
                depth += 1;
            }
            Event::Close => depth = depth.saturating_sub(1),
            Event::Value(name, _) => has_version |= depth == 0 && name == "ir_version",
        }
    }
    top.is_onnx = has_version && has_graph;
    top
}

/// Caffe imports the module of each Python layer when it reads the network, and makes an object of the class.
pub(crate) fn inspect(inspection: &mut Inspection, content: &str) {
    inspection.format("caffe");
    let mut events = events(content);
    let mut open: Vec<&str> = Vec::new();
    let (mut module, mut class) = (String::new(), String::new());
    let mut told = 0;
    for event in events.by_ref() {
        let in_python = open.last() == Some(&"python_param");
        match event {
            Event::Open(name) => open.push(name),
            Event::Close => {
                open.pop();
                if !in_python || module.is_empty() {
                    continue;
                }
                told += 1;
                if told > MAX_LAYERS {
                    continue;
                }
                let name = format!("{module}.{class}");
                text::target(inspection, &name, true);
                inspection.report_call(
                    Verdict::Suspicious,
                    technique::AUTO_MAP,
                    0,
                    format!(
                        "reading the network imports the Python module {}: read it as you read a program",
                        printable(&module)
                    ),
                    Some(format!("{}(…)", printable(&name))),
                );
                module.clear();
                class.clear();
            }
            Event::Value("module", value) if in_python => {
                module = String::from_utf8_lossy(&value).into_owned();
            }
            Event::Value("layer", value) if in_python => {
                class = String::from_utf8_lossy(&value).into_owned();
            }
            Event::Value(..) => {}
        }
    }
    if events.is_cut {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "the network nests deeper than is read",
        );
    }
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(layer: &str) -> Verdict {
        let text =
            format!("name: \"n\"\ninput: \"data\"\nlayer {{\n  name: \"d\"\n  {layer}\n}}\n");
        crate::check_bytes(text.into_bytes(), RepoPath::from("deploy.prototxt")).verdict
    }

    #[test]
    fn a_layer_in_python_is_code() {
        for layer in [
            "type: \"Python\" python_param { module: \"layers\" layer: \"L\" }",
            "type: \"Python\"\n  python_param: <\n module: 'la' 'yers'; layer: 'L' >",
        ] {
            assert_eq!(verdict(layer), Verdict::Suspicious, "{layer}");
        }
        let system = "type: 'Python' python_param { module: 'os' layer: 'system' }";
        assert_eq!(verdict(system), Verdict::Malicious);
        for layer in [
            "type: \"Convolution\" convolution_param { num_output: 64 kernel_size: 3 }",
            "type: \"Data\" # python_param { module: 'os' layer: 'system' }",
            "type: \"X\" note: \"python_param { module: 'os' }\" module: 'os' layer: 'system'",
        ] {
            assert_eq!(verdict(layer), Verdict::Clean, "{layer}");
        }
    }
}
