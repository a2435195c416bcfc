//! Configuration of models as text: JSON of model repositories, YAML with Hydra targets or Python tags, XML.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::code::is_code;
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
    if name.ends_with("modules.json") {
        modules(inspection, value);
    }
}

/// sentence-transformers imports the class that each part of a model names.
fn modules(inspection: &mut Inspection, value: &Value) {
    for part in value.as_array().into_iter().flatten() {
        let Some(kind) = part["type"].as_str() else {
            continue;
        };
        if !kind.starts_with("sentence_transformers.") {
            target(inspection, kind, false);
        }
    }
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
        // Models are built by functions that load: what counts is whose they are.
        Standing::Dangerous {
            family: "by-name", ..
        } if VETTED_TARGETS
            .iter()
            .any(|vetted| target.starts_with(vetted)) => {}
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

/// A text that is handed to a function: only what is dangerous by its full name counts.
fn named_argument(inspection: &mut Inspection, name: &str) {
    let Some((module, function)) = name.rsplit_once('.') else {
        return;
    };
    let is_name = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    if is_name
        && names::is_stdlib(module)
        && matches!(
            names::standing(module, function),
            Standing::Dangerous { .. }
        )
    {
        target(inspection, name, true);
    }
}

/// Escapes of YAML's double-quoted texts and of its tags, undone.
fn unescaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\\', '%']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let (digits, from) = if tail.starts_with("\\x") {
            (tail.get(2..4), 4)
        } else if tail.starts_with("\\u") {
            (tail.get(2..6), 6)
        } else if tail.starts_with('%') {
            (tail.get(1..3), 3)
        } else {
            (None, 0)
        };
        let c = digits
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .and_then(char::from_u32);
        if let (Some(c), Some(tail)) = (c, tail.get(from..)) {
            out.push(c);
            rest = tail;
        } else {
            let mut chars = tail.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        }
    }
    out.push_str(rest);
    out
}

/// YAML by lines: Hydra targets and tags that make Python objects.
pub(crate) fn yaml(inspection: &mut Inspection, text: &str) {
    let mut offset = 0u64;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let plain;
        let line_len = line.len() as u64;
        let line = if line.contains(['\\', '%']) {
            plain = unescaped(line);
            plain.as_str()
        } else {
            line
        };
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
                } else if let Some(next) = lines.peek() {
                    // The value stands on the next line.
                    let value = next.trim().trim_matches(['"', '\'']);
                    if !value.is_empty() && !value.contains([':', ' ']) {
                        target(inspection, value, false);
                    }
                }
                rest = after;
            }
            let key_value = code.trim_start().split_once(':');
            if let Some((key, value)) = key_value {
                let value = value.trim().trim_matches(['"', '\'']);
                let key = key.trim_matches(['"', '\'', '-', ' ']);
                if matches!(
                    key,
                    "path" | "_args_" | "func" | "method" | "function" | "callable"
                ) {
                    for name in
                        value.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.'))
                    {
                        named_argument(inspection, name);
                    }
                }
                if key == "loader_module" && !value.starts_with("mlflow.") && !value.is_empty() {
                    target(inspection, &format!("{value}.load"), true);
                }
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
        offset += line_len + 1;
    }
}

/// A `.pth` file of Python's `site`: lines that begin with `import` are run when Python starts.
pub(crate) fn path_file(inspection: &mut Inspection, text: &str) {
    for line in text.lines().take(10_000) {
        if line.starts_with("import ") || line.starts_with("import\t") {
            inspection.report(
                if is_code(line) || line.contains(';') {
                    Verdict::Malicious
                } else {
                    Verdict::Suspicious
                },
                technique::SCRIPT,
                0,
                format!("a path file for Python's site-packages, not weights: each start of Python runs {}", printable(line)),
            );
        }
    }
}

/// Ollama's `Modelfile`: files that it takes into the model.
pub(crate) fn modelfile(inspection: &mut Inspection, text: &str) {
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let word = words.next().unwrap_or_default().to_ascii_uppercase();
        let file = words.next().unwrap_or_default();
        if matches!(word.as_str(), "FROM" | "ADAPTER")
            && (leads_outside(file) || file.starts_with('~'))
        {
            inspection.report(
                Verdict::Suspicious,
                technique::SERVER_PATH,
                0,
                format!(
                    "{word} takes {}, outside of the model's folder",
                    printable(file)
                ),
            );
        }
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
        // Entities of entities grow without limit.
        let many = upper
            .split("<!ENTITY")
            .skip(1)
            .filter(|declared| {
                let value = declared.split('>').next().unwrap_or_default();
                value.matches('&').count() > 1
            })
            .count()
            > 0;
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
            if upper.contains("SYSTEM \"HTTP")
                || upper.contains("SYSTEM \"FILE:")
                || upper.contains("SYSTEM 'HTTP")
                || upper.contains("SYSTEM 'FILE:")
            {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
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
        let outside = lower.split("href=").skip(1).any(|href| {
            let path: String = href
                .chars()
                .skip(1)
                .take_while(|c| !matches!(c, '"' | '\''))
                .collect();
            leads_outside(&path) || path.contains("://")
        });
        inspection.report(
            if outside {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::XML_ENTITY,
            0,
            "the document includes another file",
        );
    }
}
