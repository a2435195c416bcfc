//! Triton's description of a model: files, libraries and environments that the server loads for it.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::technique;
use crate::textproto::{Event, events};
use crate::zip::leads_outside;

/// A message that is open: an entry of a map may have its value before its key.
#[derive(Debug, Default)]
struct Message<'t> {
    field: &'t str,
    key: String,
    value: Option<String>,
}

/// Inspects a `config.pbtxt`.
pub(crate) fn triton(inspection: &mut Inspection, content: &str) {
    inspection.format("triton-config");
    let mut open: Vec<Message<'_>> = Vec::new();
    let mut events = events(content);
    for event in events.by_ref() {
        match event {
            Event::Open(field) => open.push(Message {
                field,
                ..Message::default()
            }),
            Event::Close => close(inspection, &mut open),
            Event::Value(field, value) => {
                let value = String::from_utf8_lossy(&value).into_owned();
                match (field, open.last_mut()) {
                    ("op_library_filename", _) => super::library(inspection, &value),
                    (
                        "default_model_filename"
                        | "cc_model_filenames"
                        | "backend"
                        | "filename"
                        | "label_filename"
                        | "input_data_file",
                        _,
                    ) => outside(inspection, field, &value),
                    ("key", Some(message)) => message.key = value,
                    ("value" | "string_value", Some(message)) => message.value = Some(value),
                    _ => {}
                }
            }
        }
    }
    // What breaks off is read as far as it goes.
    while !open.is_empty() {
        close(inspection, &mut open);
    }
    if events.is_cut {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "the description nests deeper than is read",
        );
    }
}

/// Ends the innermost message; the value of an entry is what its message holds.
fn close(inspection: &mut Inspection, open: &mut Vec<Message<'_>>) {
    let closed = open.pop().unwrap_or_default();
    if closed.field == "value"
        && let Some(outer) = open.last_mut()
    {
        outer.value = closed.value;
    } else {
        entry(inspection, &closed);
    }
}

fn entry(inspection: &mut Inspection, entry: &Message<'_>) {
    let Some(value) = &entry.value else { return };
    match (entry.field, entry.key.as_str()) {
        ("parameters", key @ "EXECUTION_ENV_PATH") => {
            let path = value.trim_start_matches("$$TRITON_MODEL_DIRECTORY/");
            outside(inspection, key, path);
        }
        (field @ "cc_model_filenames", _) => outside(inspection, field, value),
        _ => {}
    }
}

fn outside(inspection: &mut Inspection, key: &str, path: &str) {
    if leads_outside(path) || path.contains("://") {
        inspection.report(
            Verdict::Suspicious,
            technique::SERVER_PATH,
            0,
            format!(
                "{key} is {}, outside of the model's folder",
                printable(path)
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(text: &str) -> Verdict {
        let text = format!("name: \"m\"\nplatform: \"onnxruntime_onnx\"\n{text}\n");
        crate::check_bytes(text.into_bytes(), RepoPath::from("m/config.pbtxt")).verdict
    }

    #[test]
    fn files_outside_are_seen_however_the_description_is_written() {
        for text in [
            "model_operations { op_library_filename: \"../../evil.so\" }",
            "model_operations { op_library_filename: '../../evil.so' }",
            "# 5\" wide\nmodel_operations { op_library_filename: \"../../evil.so\" }",
            "model_operations { op_library_filename: \"\\x2e\\x2e/\\x2e\\x2e/evil\\x2eso\" }",
            "model_operations { op_library_filename: \"../\" \"../evil\" \".so\" }",
            "model_operations < op_library_filename: [ \"a/ok.so\", \"../../evil.so\" ] >",
            "parameters [ { value: { string_value: \"/tmp/evil.tar.gz\" } key: \"EXECUTION_ENV_PATH\" } ]",
            "parameters { key: 'EXECUTION_ENV_PATH' value { string_value: '/tmp/evil.tar.gz' } }",
            "parameters { key: 'EXECUTION_ENV_PATH' value { string_value: '/tmp/evil.tar.gz'",
            "cc_model_filenames { value: '../../m.plan' key: '7.5' }",
            "default_model_filename: \"/etc/passwd\"",
        ] {
            assert!(verdict(text) >= Verdict::Suspicious, "{text}");
        }
    }

    #[test]
    fn files_of_the_model_and_other_texts_are_ordinary() {
        for text in [
            "# model_operations { op_library_filename: \"../../evil.so\" }",
            "parameters { key: 'note' value { string_value: 'op_library_filename: \"../../evil.so\"' } }",
            "parameters { key: 'EXECUTION_ENV_PATH' value { string_value: '$$TRITON_MODEL_DIRECTORY/env.tar.gz' } }",
            "parameters { key: 'where' value { string_value: '/data' } } parameters { key: 'EXECUTION_ENV_PATH' }",
            "default_model_filename: 'model.onnx' output [ { name: 'y' label_filename: 'labels.txt' } ]",
        ] {
            assert!(verdict(text) <= Verdict::Unknown, "{text}");
        }
    }
}
