//! Configuration of models as text: JSON of model repositories, the names of Python that it has loaders call, path
//! files, Ollama's model files.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::zip::leads_outside;
use crate::{hidden, keras, packages, python, technique, template};

mod files;
mod frameworks;
mod gin;
mod references;
mod targets;
mod triton;
mod values;

pub(crate) use files::{checkpoint, modelfile, path_file};
pub(crate) use gin::gin;
use references::References;
pub(crate) use targets::{attack, is_dangerous_name, named_argument, named_call, target};
pub(crate) use triton::triton;
use values::{MAX_EXPRESSIONS, MAX_LIBRARIES, expression, imports, library};

/// How a document is written: in YAML people write what their programs ask for, JSON is written by programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Syntax {
    Json,
    Yaml,
}

/// Walks a JSON document of a model repository.
pub(crate) fn json(inspection: &mut Inspection, name: &str, value: &Value) {
    document(inspection, name, value, Syntax::Json);
}

/// Walks a YAML document.
pub(crate) fn yaml(inspection: &mut Inspection, name: &str, value: &Value) {
    document(inspection, name, value, Syntax::Yaml);
}

fn document(inspection: &mut Inspection, name: &str, value: &Value, syntax: Syntax) {
    if let Some(licence) = value["license"].as_str() {
        inspection.licence = Some(licence.to_owned());
    }
    hidden::values(inspection, value);
    let mut stack = vec![value];
    let mut is_keras = false;
    let mut expressions_left = MAX_EXPRESSIONS;
    let imports = imports(value);
    let mut references = References::new(value);
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => {
                for (key, value) in map {
                    let stands_for = stands_for(&mut references, key, value, map);
                    let value = stands_for.as_ref().unwrap_or(value);
                    evaluated_items(inspection, key, value, &imports, &mut expressions_left);
                    field(inspection, key, value, syntax);
                    match value {
                        // Under numbers stand the names of classes.
                        Value::String(text)
                            if !text.starts_with('$')
                                && key.bytes().all(|b| b.is_ascii_digit()) =>
                        {
                            library(inspection, text);
                        }
                        Value::String(text) => {
                            expression(inspection, key, text, &imports, &mut expressions_left);
                            library(inspection, text);
                        }
                        // A vocabulary has more.
                        Value::Array(items) if items.len() <= MAX_LIBRARIES => {
                            for text in items.iter().filter_map(Value::as_str) {
                                library(inspection, text);
                            }
                        }
                        _ => {}
                    }
                }
                if map.contains_key("zarr_format") {
                    frameworks::zarr(inspection, map);
                }
                if map.contains_key("lc") {
                    frameworks::langchain(inspection, map);
                }
                if map.contains_key("_target_") {
                    // What is called may take the name of another function.
                    for key in ["path", "method", "function"] {
                        if let Some(name) = map.get(key).and_then(Value::as_str) {
                            named_argument(inspection, &references.resolved(name, map));
                        }
                    }
                }
                is_keras |= map.contains_key("class_name") && map.contains_key("config");
                stack.extend(map.values());
            }
            _ => {}
        }
    }
    if is_keras {
        inspection.format("keras-json");
        keras::config(inspection, value, keras::Container::Zip);
    }
    frameworks::inspect(inspection, name, value);
    packages::environment(inspection, name, value);
    packages::pipeline(inspection, name, value);
}

/// A value with what its references stand for, if it has any.
fn stands_for(
    references: &mut References<'_>,
    key: &str,
    value: &Value,
    around: &serde_json::Map<String, Value>,
) -> Option<Value> {
    match value {
        Value::String(text) if text.contains("${") => Some(Value::String(
            references.resolved(text, around).into_owned(),
        )),
        Value::Array(items) if key == "_args_" => Some(Value::Array(
            items
                .iter()
                .filter_map(Value::as_str)
                .take(MAX_LIBRARIES)
                .map(|text| Value::String(references.resolved(text, around).into_owned()))
                .collect(),
        )),
        _ => None,
    }
}

fn field(inspection: &mut Inspection, key: &str, value: &Value, syntax: Syntax) {
    match (key, value) {
        ("auto_map", Value::Object(map)) => {
            for target in map.values().flat_map(strings) {
                let remote = target.contains("--");
                inspection.report(
                    Verdict::Unknown,
                    technique::AUTO_MAP,
                    0,
                    format!(
                        "loading it with trust_remote_code runs {}{}",
                        printable(target),
                        if remote {
                            ", from another repository"
                        } else {
                            ""
                        }
                    ),
                );
                if leads_outside(target) || target.contains("://") {
                    inspection.report(
                        Verdict::Malicious,
                        technique::AUTO_MAP,
                        0,
                        format!(
                            "auto_map names {}, outside of the repository",
                            printable(target)
                        ),
                    );
                }
            }
        }
        ("trust_remote_code", Value::Bool(true)) => inspection.report(
            if syntax == Syntax::Json {
                Verdict::Suspicious
            } else {
                Verdict::Unknown
            },
            technique::REMOTE_CODE,
            0,
            "the configuration itself asks for trust_remote_code",
        ),
        (
            "_attn_implementation_internal"
            | "_attn_implementation"
            | "attn_implementation"
            | "_experts_implementation",
            Value::String(target),
        ) if target.contains('/') => {
            inspection.report(
                Verdict::Malicious,
                technique::REMOTE_CODE,
                0,
                format!(
                    "{key} names the repository {}: loading the model fetches and runs its code",
                    printable(target)
                ),
            );
        }
        // One for each part of the model.
        (
            "_attn_implementation" | "attn_implementation" | "_experts_implementation",
            Value::Object(parts),
        ) => {
            let named = parts.values().filter_map(Value::as_str);
            for target in named.filter(|target| target.contains('/')) {
                inspection.report(
                    Verdict::Malicious,
                    technique::REMOTE_CODE,
                    0,
                    format!(
                        "{key} names the repository {}: loading the model fetches and runs its code",
                        printable(target)
                    ),
                );
            }
        }
        // PEFT imports the library of the base model's class.
        ("auto_mapping", Value::Object(map)) => {
            let part = |key: &str| map.get(key).and_then(Value::as_str);
            if let (Some(library), Some(class)) = (part("parent_library"), part("base_model_class"))
            {
                target(inspection, &format!("{library}.{class}"), false);
            }
        }
        // And the module that parallel layers are taken from.
        ("megatron_core", Value::String(module)) if module != "megatron.core" => {
            inspection.report(
                Verdict::Suspicious,
                technique::AUTO_MAP,
                0,
                format!(
                    "loading the adapter imports the module {}, where PEFT expects megatron.core",
                    printable(module)
                ),
            );
        }
        ("_target_", Value::String(target)) => self::target(inspection, target, false),
        ("user_dir", Value::String(folder)) if !folder.is_empty() => {
            let (verdict, what) = user_folder(folder);
            inspection.report(verdict, technique::AUTO_MAP, 0, what);
        }
        // sentence-transformers imports it.
        (
            "activation_function"
            | "activation_fn"
            | "default_activation_function"
            | "sbert_ce_default_activation_function",
            Value::String(name),
        ) if name.contains('.') => target(inspection, name, false),
        // Code of another repository.
        ("custom_generate", Value::String(place)) if !place.is_empty() => inspection.report(
            Verdict::Unknown,
            technique::AUTO_MAP,
            0,
            format!(
                "generating with trust_remote_code runs the code of {}",
                printable(place)
            ),
        ),
        ("kernel_config", Value::Object(map)) => {
            for kernel in map.values().flat_map(strings) {
                inspection.report(
                    Verdict::Unknown,
                    technique::AUTO_MAP,
                    0,
                    format!("loading it may fetch and run {}", printable(kernel)),
                );
            }
        }
        ("requirements" | "pip_requirements" | "python_packages", Value::Array(_)) => {
            for line in strings(value) {
                packages::asked(inspection, line);
            }
        }
        // What other frameworks call the same: latent diffusion, Lightning's command line, MMEngine.
        ("target" | "class_path" | "class" | "func" | "callable" | "type", Value::String(name)) => {
            named_call(inspection, name);
        }
        // MMEngine imports them before it builds anything.
        ("custom_imports", Value::Object(map)) => {
            for module in map.get("imports").into_iter().flat_map(strings) {
                inspection.report(
                    Verdict::Unknown,
                    technique::AUTO_MAP,
                    0,
                    format!("loading it imports {}", printable(module)),
                );
            }
        }
        // torch reads symbolic numbers of an exported program with sympy, which evaluates them.
        ("expr_str", Value::String(text)) => evaluated(inspection, "expr_str", text),
        ("range_constraints", Value::Object(map)) => {
            for text in map.keys() {
                evaluated(inspection, "range_constraints", text);
            }
        }
        // MLflow imports it.
        ("loader_module", Value::String(module))
            if syntax == Syntax::Yaml && !module.starts_with("mlflow.") =>
        {
            target(inspection, &format!("{module}.load"), true);
        }
        // Hydra's own functions and `functools.partial` take what they call as an argument.
        ("_args_", Value::Array(given)) => {
            for name in given.iter().filter_map(Value::as_str) {
                named_argument(inspection, name);
            }
        }
        ("#", Value::String(op)) if op.ends_with(".py_func") || op.ends_with(".py_layer") => {
            inspection.report(
                Verdict::Malicious,
                technique::PADDLE_CODE_OP,
                0,
                format!("the operator {} runs Python code", printable(op)),
            );
        }
        ("chat_template", Value::String(template)) => template::inspect(inspection, template),
        ("chat_template", Value::Array(list)) => {
            for entry in list {
                if let Some(template) = entry["template"].as_str() {
                    template::inspect(inspection, template);
                }
            }
        }
        ("chat_template", Value::Object(map)) => {
            for template in map.values().filter_map(Value::as_str) {
                template::inspect(inspection, template);
            }
        }
        ("weight_map", Value::Object(map)) => {
            for file in map.values().filter_map(Value::as_str) {
                if leads_outside(file) || file.contains("://") {
                    inspection.report(
                        Verdict::Malicious,
                        technique::INDEX_PATH,
                        0,
                        format!(
                            "the index names {}, outside of the model's folder",
                            printable(file)
                        ),
                    );
                }
            }
        }
        ("custom_pipelines" | "custom_pipeline", Value::Object(_))
        | ("custom_pipeline", Value::String(_)) => inspection.report(
            Verdict::Unknown,
            technique::AUTO_MAP,
            0,
            "names code for a pipeline of its own",
        ),
        ("_class_name", Value::Array(parts)) if parts.len() == 2 => inspection.report(
            Verdict::Unknown,
            technique::AUTO_MAP,
            0,
            "names a pipeline class in a module of its own, which is run with trust_remote_code",
        ),
        (
            "py/object" | "py/reduce" | "py/function" | "py/type" | "py/object/apply",
            Value::String(target),
        ) => {
            self::target(inspection, target, true);
        }
        ("py/reduce", Value::Array(_)) => inspection.report(
            Verdict::Malicious,
            technique::TARGET_DANGEROUS,
            0,
            "a jsonpickle document that calls a function when it is loaded",
        ),
        _ => {}
    }
}

/// MONAI evaluates the items of lists as it does values: what a run does is a list of them.
fn evaluated_items(
    inspection: &mut Inspection,
    key: &str,
    value: &Value,
    imports: &str,
    left: &mut usize,
) {
    let items = value.as_array().into_iter().flatten();
    let texts = items.filter_map(Value::as_str);
    for text in texts.filter(|text| text.starts_with('$')) {
        expression(inspection, key, text, imports, left);
    }
}

/// An expression that a loader evaluates.
fn evaluated(inspection: &mut Inspection, key: &str, text: &str) {
    if let Some(what) = python::expression_reaches(text) {
        inspection.report_call(
            Verdict::Malicious,
            technique::TARGET_DANGEROUS,
            0,
            format!("loading it evaluates {key}, which {what}"),
            Some(printable(text)),
        );
    }
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Is it a place where others may write, or on another machine?
fn is_shared(place: &str) -> bool {
    ["/tmp/", "/var/tmp/", "/dev/shm/", "//", "\\\\", "~", "../"]
        .iter()
        .any(|start| place.starts_with(start))
        || place.contains("://")
        || place.contains("/../")
}

/// A folder of code that fairseq imports when its settings name it.
pub(crate) fn user_folder(folder: &str) -> (Verdict, String) {
    let folder = folder.trim();
    let is_shared = is_shared(folder);
    (
        if is_shared {
            Verdict::Suspicious
        } else {
            Verdict::Unknown
        },
        format!(
            "user_dir names the folder {}, whose code fairseq imports{}",
            printable(folder),
            if is_shared {
                ": others may write there"
            } else {
                ""
            }
        ),
    )
}
