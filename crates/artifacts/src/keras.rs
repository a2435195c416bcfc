//! Keras configurations: JSON that names modules and classes, which the loader imports and builds; Lambda layers
//! with marshalled code; layers that load other files.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::encoding;
use crate::inspection::{Context, Inspection, printable};
use crate::names::{self, Standing};
use crate::source::Source;
use crate::zip::leads_outside;
use crate::{json, marshal, pickle, sniff, technique};

mod tensorflow;

/// Where the configuration stands: HDF5 files are loaded without safe mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Container {
    Zip,
    Hdf5,
}

/// Functions of Keras that reach outside of the model.
const DANGEROUS: &[&str] = &[
    "get_file",
    "load_model",
    "load_weights",
    "save_model",
    "save_weights",
    "enable_unsafe_deserialization",
    "disable_interactive_logging",
    "deserialize_keras_object",
    "model_from_json",
    "model_from_config",
    "image_dataset_from_directory",
    "text_dataset_from_directory",
    "audio_dataset_from_directory",
    "timeseries_dataset_from_array",
    "load_img",
    "save_img",
    "load_data",
    "load_from_saved_model",
    "export",
    "custom_object_scope",
    "CustomObjectScope",
    "clone_model",
    "run_in_background_thread",
    "pickle_model",
    "unpickle_model",
    "_unpickle_model",
    "model_to_dot",
    "plot_model",
    "extract_archive",
    "extract_open_archive",
    "FileEditor",
    "KerasFileEditor",
    "get_custom_objects",
    "register_keras_serializable",
    "SafeModeScope",
    "clear_session",
    "execv",
    "system",
];

/// How functions are called that change what holds for the whole program, wherever they stand.
const CHANGES: &[&str] = &["set_", "enable_", "disable_", "reset_", "register_"];

/// Parts of Keras whose functions are data: activations, losses and so on.
const FUNCTION_HOMES: &[&str] = &[
    "keras.activations",
    "keras.src.activations",
    "keras.losses",
    "keras.src.losses",
    "keras.metrics",
    "keras.src.metrics",
    "keras.initializers",
    "keras.src.initializers",
    "keras.regularizers",
    "keras.src.regularizers",
    "keras.constraints",
    "keras.src.constraints",
    "keras.optimizers",
    "keras.src.optimizers",
    "keras.ops",
    "keras.src.ops",
    "keras.src.backend",
    "keras.layers",
    "keras.src.layers",
    "tensorflow.nn",
    "tf.nn",
];

/// The configuration as JSON text.
pub(crate) fn config_text(inspection: &mut Inspection, bytes: &[u8], container: Container) {
    match json::parse(inspection, bytes) {
        Ok(value) => config(inspection, &value, container),
        Err(error) => inspection.report(
            Verdict::Suspicious,
            technique::KERAS_CUSTOM,
            0,
            format!("the configuration cannot be read: {error}"),
        ),
    }
}

/// Walks every object of a configuration.
pub(crate) fn config(inspection: &mut Inspection, value: &Value, container: Container) {
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => {
                let name = ["class_name", "name", "function_name"]
                    .iter()
                    .find_map(|key| map.get(*key).and_then(Value::as_str))
                    .unwrap_or_default();
                let class = map
                    .get("class_name")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let module = map.get("module").and_then(Value::as_str);
                if !class.is_empty() {
                    layer(inspection, class, module, value, container);
                }
                if let Some(module) = module {
                    named(inspection, module, name, value);
                }
                for (key, value) in map {
                    path_field(inspection, key, value, class);
                }
                stack.extend(map.values());
            }
            _ => {}
        }
    }
}

fn named(inspection: &mut Inspection, module: &str, name: &str, node: &Value) {
    let full = format!("{module}.{name}");
    let function = if name == "function" {
        node["config"].as_str().unwrap_or_default()
    } else {
        ""
    };
    let is_keras = [
        "keras",
        "keras_nlp",
        "keras_hub",
        "keras_cv",
        "tf_keras",
        "keras_core",
        "tensorflow.keras",
        "tensorflow.python.keras",
    ]
    .iter()
    .any(|home| module == *home || module.starts_with(&format!("{home}.")));
    let last = name.rsplit('.').next().unwrap_or(name);
    if is_keras {
        let bad = [last, function].iter().any(|n| DANGEROUS.contains(n));
        let is_function = last.starts_with(|c: char| c.is_lowercase());
        let at_home =
            FUNCTION_HOMES.iter().any(|home| module.starts_with(home)) || module == "keras";
        let is_setter = CHANGES.iter().any(|start| last.starts_with(start));
        if bad || name.contains('.') && name.split('.').any(names::is_escape) {
            report(
                inspection,
                Verdict::Malicious,
                technique::KERAS_FUNCTION,
                &full,
                "which reads, writes or loads beyond the model",
            );
        } else if last == "function" && !at_home && !function.is_empty() {
            let full = format!("{module}.{function}");
            report(
                inspection,
                Verdict::Suspicious,
                technique::KERAS_FUNCTION,
                &full,
                "a function of Keras that no layer needs",
            );
        } else if is_function && (!at_home || is_setter) && !matches!(last, "function" | "policy") {
            report(
                inspection,
                Verdict::Suspicious,
                technique::KERAS_FUNCTION,
                &full,
                "a function where a class is expected",
            );
        }
        return;
    }
    if module == "builtins" && last == "function" {
        if let Some((inner_module, inner)) = function.rsplit_once('.') {
            if matches!(
                names::standing(inner_module, inner),
                Standing::Dangerous { .. }
            ) {
                report(
                    inspection,
                    Verdict::Malicious,
                    technique::KERAS_MODULE,
                    function,
                    "when the model is loaded",
                );
            }
        } else if matches!(
            names::standing("builtins", function),
            Standing::Dangerous { .. }
        ) {
            report(
                inspection,
                Verdict::Malicious,
                technique::KERAS_MODULE,
                function,
                "when the model is loaded",
            );
        }
        // What its configuration names is an object of its own, which the walk comes to.
        return;
    }
    if module == "builtins"
        && matches!(
            last,
            "float"
                | "int"
                | "str"
                | "bool"
                | "dict"
                | "list"
                | "tuple"
                | "slice"
                | "NoneType"
                | "object"
                | "type"
                | ""
                | "bytes"
        )
    {
        return;
    }
    match names::standing(module, name) {
        Standing::Dangerous { reason, .. } => {
            report(
                inspection,
                Verdict::Malicious,
                technique::KERAS_MODULE,
                &full,
                reason,
            );
        }
        Standing::Vetted if names::is_stdlib(module) => {}
        _ if names::is_stdlib(module) && module != "builtins" => {
            report(
                inspection,
                Verdict::Malicious,
                technique::KERAS_MODULE,
                &full,
                "which is no part of Keras",
            );
        }
        Standing::Unvetted => report(
            inspection,
            Verdict::Suspicious,
            technique::KERAS_MODULE,
            &full,
            "which is no part of Keras",
        ),
        _ => report(
            inspection,
            Verdict::Unknown,
            technique::KERAS_CUSTOM,
            &full,
            "which is not known here",
        ),
    }
}

fn report(
    inspection: &mut Inspection,
    verdict: Verdict,
    technique: technique::Technique,
    full: &str,
    why: &str,
) {
    inspection.report(
        verdict,
        technique,
        0,
        format!("the configuration names {}, {why}", printable(full)),
    );
}

fn layer(
    inspection: &mut Inspection,
    class: &str,
    module: Option<&str>,
    node: &Value,
    container: Container,
) {
    let short = class.rsplit(['.', '>']).next().unwrap_or(class);
    match short {
        "Lambda" | "__lambda__" | "LambdaLayer" => lambda(inspection, node, container),
        "TorchModuleWrapper" => {
            inspection.report(
                Verdict::Malicious,
                technique::KERAS_LAYER,
                0,
                "a TorchModuleWrapper layer holds a pickle, which is loaded with the model",
            );
            if let Some(text) = node["config"]["module"].as_str()
                && let Some(bytes) = encoding::base64(text.as_bytes())
            {
                inspection.member(
                    "TorchModuleWrapper",
                    Context::Constant,
                    &Source::of_bytes(bytes),
                );
            }
        }
        "TFSMLayer" => inspection.report(
            Verdict::Malicious,
            technique::KERAS_LAYER,
            0,
            format!(
                "a TFSMLayer loads the SavedModel {} with its own code",
                printable(node["config"]["filepath"].as_str().unwrap_or("?"))
            ),
        ),
        "TensorFlowOpLayer" => tensorflow::operation(inspection, node),
        "TFOpLambda" | "SlicingOpLambda" | "ClassMethod" => tensorflow::function(inspection, node),
        "JaxLayer" | "FlaxLayer" => inspection.report(
            Verdict::Suspicious,
            technique::KERAS_LAYER,
            0,
            format!("a {short} layer brings functions of its own"),
        ),
        _ => {
            // `package>Name`, under which the class was registered.
            let registered = node["registered_name"]
                .as_str()
                .filter(|name| name.contains('>'));
            let class = registered.unwrap_or(class);
            let foreign = class.contains('>') || (module.is_none() && class.contains('.'));
            if foreign {
                inspection.report(
                    Verdict::Unknown,
                    technique::KERAS_CUSTOM,
                    0,
                    format!(
                        "the class {} must come from the loading program",
                        printable(class)
                    ),
                );
                if let Some((module, name)) = class.rsplit_once('.')
                    && matches!(names::standing(module, name), Standing::Dangerous { .. })
                {
                    report(
                        inspection,
                        Verdict::Malicious,
                        technique::KERAS_MODULE,
                        class,
                        "when the model is loaded",
                    );
                }
            }
        }
    }
}

/// Code of a Lambda: base64 of a marshalled code object, alone or in a list or object.
fn lambda(inspection: &mut Inspection, node: &Value, container: Container) {
    let mut texts = Vec::new();
    let mut stack = vec![&node["config"]];
    while let Some(value) = stack.pop() {
        match value {
            Value::String(text) if text.len() >= 16 => texts.push(text.as_str()),
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => stack.extend(map.values()),
            _ => {}
        }
    }
    let mut code = None;
    for text in &texts {
        let Some(bytes) = encoding::base64(text.as_bytes()) else {
            continue;
        };
        if bytes.first().is_some_and(|b| b & 0x7f == b'c') {
            code = Some(bytes);
        } else if sniff::has_magic(&bytes) || pickle::looks_like(&Source::of_bytes(bytes.clone())) {
            inspection.member("Lambda", Context::Constant, &Source::of_bytes(bytes));
        }
    }
    let Some(code) = code else {
        // A function by name: it must be there when the model is loaded.
        let named = node["config"]["function"]
            .as_str()
            .or_else(|| node["config"]["function"]["config"].as_str());
        let dangerous = named.is_some_and(|name| {
            let (module, name) = name.rsplit_once('.').unwrap_or(("builtins", name));
            matches!(names::standing(module, name), Standing::Dangerous { .. })
        });
        let looks_like_code = texts
            .iter()
            .any(|t| encoding::base64(t.trim().as_bytes()).is_some_and(|b| b.len() > 24));
        inspection.report(
            if dangerous {
                Verdict::Malicious
            } else if looks_like_code || named.is_none() {
                Verdict::Suspicious
            } else {
                Verdict::Unknown
            },
            technique::KERAS_LAMBDA,
            0,
            match named {
                Some(name) => format!("a Lambda layer calls {}", printable(name)),
                None => "a Lambda layer whose code was not found".to_owned(),
            },
        );
        return;
    };
    let words = marshal::words(&code);
    match marshal::dangerous(&words) {
        Some(word) => inspection.report(
            Verdict::Malicious,
            technique::KERAS_LAMBDA,
            0,
            format!("the code of a Lambda layer uses {}", printable(word)),
        ),
        None => inspection.report(
            if container == Container::Hdf5 {
                Verdict::Suspicious
            } else {
                Verdict::Unknown
            },
            technique::KERAS_LAMBDA,
            0,
            format!(
                "a Lambda layer carries compiled code, which runs {}; it names {}",
                if container == Container::Hdf5 {
                    "when the file is loaded"
                } else {
                    "unless safe mode is on"
                },
                if words.is_empty() {
                    "nothing".to_owned()
                } else {
                    printable(&words.iter().take(8).cloned().collect::<Vec<_>>().join(", "))
                },
            ),
        ),
    }
}

fn path_field(inspection: &mut Inspection, key: &str, value: &Value, class: &str) {
    let Value::String(text) = value else { return };
    let is_address = text.contains("://") && !text.contains(' ');
    match key {
        "vocabulary" | "idf_weights" | "vocab_file" | "vocabulary_file" | "merges" | "proto" => {
            let outside = is_address || leads_outside(text) || text.starts_with('~');
            inspection.report(
                if outside {
                    Verdict::Malicious
                } else {
                    Verdict::Suspicious
                },
                technique::KERAS_PATH,
                0,
                format!("the layer reads its vocabulary from {}", printable(text)),
            );
        }
        "filepath" | "origin" | "fname" | "cache_dir" | "directory" | "url" | "file_path"
        | "log_dir" | "backup_dir"
            if is_address || leads_outside(text) =>
        {
            inspection.report(
                Verdict::Malicious,
                technique::KERAS_PATH,
                0,
                format!("{key} of {} is {}", printable(class), printable(text)),
            );
        }
        _ => {}
    }
}
