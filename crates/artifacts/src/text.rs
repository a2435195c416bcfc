//! Configuration of models as text: JSON of model repositories, YAML with Hydra targets or Python tags, XML.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::names::{self, Standing};
use crate::zip::leads_outside;
use crate::{keras, technique, template};

/// Packages that configurations of models name in `_target_`.
const VETTED_TARGETS: &[&str] = &[
    "nemo.",
    "torch.",
    "pytorch_lightning.",
    "lightning.",
    "lightning_fabric.",
    "transformers.",
    "omegaconf.",
    "torchvision.",
    "torchaudio.",
    "torchmetrics.",
    "numpy.",
    "sklearn.",
    "timm.",
    "diffusers.",
    "hydra.utils.get_",
    "megatron.",
    "xgboost.",
    "lightgbm.",
    "monai.",
    "gluonts.",
    "einops.",
    "tokenizers.",
    "datasets.",
    "peft.",
    "accelerate.",
    "wandb.",
    "src.",
    "torch_geometric.",
    "optuna.",
    "hydra._internal.",
    "uni2ts.",
    "ldm.",
    "sgm.",
    "taming.",
];

/// Walks a JSON document of a model repository.
pub(crate) fn json(inspection: &mut Inspection, name: &str, value: &Value) {
    if let Some(licence) = value["license"].as_str() {
        inspection.licence = Some(licence.to_owned());
    }
    let mut stack = vec![value];
    let mut is_keras = false;
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => {
                for (key, value) in map {
                    field(inspection, key, value);
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
    let _ = name;
}

fn field(inspection: &mut Inspection, key: &str, value: &Value) {
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
            Verdict::Suspicious,
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
        ("_target_", Value::String(target)) => self::target(inspection, target, false),
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

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// What Hydra's `instantiate` would call.
pub(crate) fn target(inspection: &mut Inspection, target: &str, strict: bool) {
    let target = target.trim().trim_matches(['"', '\'']);
    if VETTED_TARGETS
        .iter()
        .any(|vetted| target.starts_with("hydra.utils.get_") && vetted.starts_with("hydra."))
    {
        return;
    }
    let (module, name) = target.rsplit_once('.').unwrap_or(("builtins", target));
    let in_builtins = module == "builtins" || module == "__builtin__";
    match names::standing(module, name) {
        Standing::Dangerous { reason, .. } => inspection.report_call(
            Verdict::Malicious,
            technique::TARGET_DANGEROUS,
            0,
            format!(
                "the configuration calls {}, which {reason}",
                printable(target)
            ),
            Some(format!("{}(…)", printable(target))),
        ),
        _ if in_builtins && matches!(name, "getattr" | "setattr" | "type") => inspection.report(
            Verdict::Malicious,
            technique::TARGET_DANGEROUS,
            0,
            format!("the configuration calls {}", printable(target)),
        ),
        Standing::Vetted | Standing::DataClass => {}
        _ if VETTED_TARGETS
            .iter()
            .any(|vetted| target.starts_with(vetted)) => {}
        Standing::Unvetted | Standing::UnvettedClass => inspection.report(
            Verdict::Suspicious,
            technique::TARGET_UNKNOWN,
            0,
            format!(
                "the configuration calls {}, which no model needs",
                printable(target)
            ),
        ),
        _ => inspection.report(
            if strict || inspection.has_format("nemo") {
                Verdict::Suspicious
            } else {
                Verdict::Unknown
            },
            technique::TARGET_UNKNOWN,
            0,
            format!(
                "the configuration calls {}, which is not known here",
                printable(target)
            ),
        ),
    }
}

/// YAML by lines: Hydra targets and tags that make Python objects.
pub(crate) fn yaml(inspection: &mut Inspection, text: &str) {
    let mut offset = 0u64;
    for line in text.lines() {
        let code = line.split(" #").next().unwrap_or(line);
        let is_comment = code.trim_start().starts_with('#');
        if !is_comment {
            for tag in ["!!python/", "!python/", "tag:yaml.org,2002:python/"] {
                if let Some(at) = code.find(tag) {
                    let rest: String = code[at..]
                        .chars()
                        .take_while(|c| !c.is_whitespace())
                        .collect();
                    let harmless = [
                        "python/tuple",
                        "python/none",
                        "python/bool",
                        "python/int",
                        "python/float",
                        "python/str",
                        "python/unicode",
                        "python/bytes",
                        "python/list",
                        "python/dict",
                        "python/complex",
                        "python/long",
                    ]
                    .iter()
                    .any(|kind| {
                        rest.trim_start_matches('!')
                            .trim_start_matches("tag:yaml.org,2002:")
                            == *kind
                    });
                    if !harmless {
                        inspection.report(
                            Verdict::Malicious,
                            technique::YAML_TAG,
                            offset,
                            format!(
                                "the tag {} makes a Python object when the file is loaded",
                                printable(&rest)
                            ),
                        );
                    }
                }
            }
            let mut rest = code;
            while let Some(at) = rest.find("_target_") {
                let after = rest[at + 8..].trim_start_matches(['"', '\'']).trim_start();
                let Some(value) = after.strip_prefix(':') else {
                    break;
                };
                let value: String = value
                    .trim_start()
                    .trim_start_matches(['"', '\''])
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
                    .collect();
                if !value.is_empty() {
                    target(inspection, &value, false);
                }
                rest = after;
            }
            let key_value = code.trim_start().split_once(':');
            if let Some((key, value)) = key_value {
                let value = value.trim().trim_matches(['"', '\'']);
                if key == "license" && !value.is_empty() {
                    inspection.licence = Some(value.to_owned());
                }
                if key == "trust_remote_code" && value == "true" {
                    inspection.report(
                        Verdict::Unknown,
                        technique::REMOTE_CODE,
                        offset,
                        "the configuration asks for trust_remote_code",
                    );
                }
            }
        }
        offset += line.len() as u64 + 1;
    }
}

/// XML: entities that read files, and libraries that are loaded.
pub(crate) fn xml(inspection: &mut Inspection, text: &str) {
    let head = text.get(..text.len().min(1 << 20)).unwrap_or(text);
    let upper = head.to_ascii_uppercase();
    let is_pmml = upper.contains("<PMML");
    if is_pmml {
        inspection.format("pmml");
    } else if upper.contains("<NET ") && upper.contains("<LAYERS") {
        inspection.format("openvino");
    } else {
        inspection.format("xml");
    }
    if upper.contains("<!ENTITY") {
        let external = upper.contains("SYSTEM") || upper.contains("PUBLIC");
        let many = upper.matches("<!ENTITY").count() > 4;
        inspection.report(
            if external || many {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::XML_ENTITY,
            0,
            if external {
                "an entity reads a file or an address when the document is parsed"
            } else {
                "entities are declared, which can grow without limit when the document is parsed"
            },
        );
    } else if upper.contains("<!DOCTYPE") && (upper.contains("SYSTEM") || upper.contains("PUBLIC"))
    {
        inspection.report(
            Verdict::Suspicious,
            technique::XML_ENTITY,
            0,
            "the document type is loaded from another place",
        );
    }
    let lower = head.to_ascii_lowercase();
    for attribute in [
        "library=\"",
        "extension_path=\"",
        "plugin=\"",
        "implementation=\"",
        "implpath=\"",
        "so_path=\"",
    ] {
        for (at, _) in lower.match_indices(attribute) {
            let value: String = head[at + attribute.len()..]
                .chars()
                .take_while(|c| *c != '"')
                .collect();
            if [".so", ".dll", ".dylib"]
                .iter()
                .any(|end| value.contains(end))
                || leads_outside(&value)
            {
                inspection.report(
                    Verdict::Malicious,
                    technique::XML_EXTENSION,
                    at as u64,
                    format!("the model loads the library {}", printable(&value)),
                );
            }
        }
    }
    if is_pmml {
        for (at, _) in lower.match_indices("<extension") {
            let element: String = head[at..]
                .chars()
                .take(2000)
                .take_while(|c| *c != '>')
                .collect();
            if is_code(&element) || element.contains("java.lang") || element.contains("Runtime") {
                inspection.report(
                    Verdict::Suspicious,
                    technique::XML_EXTENSION,
                    at as u64,
                    "an extension element holds code",
                );
            }
        }
    }
    if lower.contains("xi:include") || lower.contains("http://www.w3.org/2001/xinclude") {
        inspection.report(
            Verdict::Suspicious,
            technique::XML_ENTITY,
            0,
            "the document includes another file",
        );
    }
}

/// Text that is code or a command for certain.
pub(crate) fn is_code(text: &str) -> bool {
    const PIECES: &[&str] = &[
        "__import__(",
        "os.system",
        "os.popen",
        "subprocess.",
        "/bin/sh",
        "/bin/bash",
        "bash -c",
        "bash -i",
        "powershell",
        "cmd.exe",
        "| sh",
        "|sh",
        "| bash",
        "|bash",
        "curl http",
        "wget http",
        "/dev/tcp/",
        "rm -rf /",
        "python -c",
        "python3 -c",
        "__builtins__",
        "__globals__",
        "__subclasses__",
        "exec(base64",
        "eval(compile",
    ];
    let lower = text.to_ascii_lowercase();
    PIECES.iter().any(|piece| lower.contains(piece))
}

/// A value that should be data and is code.
pub(crate) fn code_in_data(inspection: &mut Inspection, key: &str, value: &str) {
    let head = value.get(..value.len().min(1 << 16)).unwrap_or_default();
    if is_code(head) {
        inspection.report(
            Verdict::Suspicious,
            technique::SAFETENSORS_METADATA,
            0,
            format!(
                "the metadata value of {} looks like code or a command",
                printable(key)
            ),
        );
    }
}
