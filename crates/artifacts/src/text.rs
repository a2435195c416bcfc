//! Configuration of models as text: JSON of model repositories, the names of Python that it has loaders call, path
//! files, Ollama's model files.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::code::is_code;
use crate::inspection::{Inspection, printable};
use crate::names::{self, Standing};
use crate::zip::leads_outside;
use crate::{hidden, keras, python, technique, template};

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
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => {
                for (key, value) in map {
                    field(inspection, key, value, syntax);
                }
                if map.contains_key("_target_") {
                    // What is called may take the name of another function.
                    for key in ["path", "method", "function"] {
                        if let Some(name) = map.get(key).and_then(Value::as_str) {
                            named_argument(inspection, name);
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
    if name.ends_with("modules.json") {
        modules(inspection, value);
    }
    if name.eq_ignore_ascii_case("mlmodel") {
        mlflow(inspection, value);
    }
    if name.ends_with("model_index.json") {
        components(inspection, value);
    }
}

/// diffusers imports the library and takes the class that each component of a pipeline names; a library may also be
/// a module of diffusers itself.
fn components(inspection: &mut Inspection, value: &Value) {
    for component in value
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::values)
    {
        if let Some([library, class]) = component.as_array().map(Vec::as_slice)
            && let (Some(library), Some(class)) = (library.as_str(), class.as_str())
            && names::is_stdlib(library)
        {
            target(inspection, &format!("{library}.{class}"), true);
        }
    }
}

/// Ends of the keys of an `MLmodel` file under which its flavours name files that they load, and code that they import.
const MLFLOW_PATHS: &[&str] = &[
    "binary",
    "code",
    "conda",
    "data",
    "dict",
    "dir",
    "env",
    "file",
    "files",
    "model",
    "path",
    "pipeline",
    "processor",
    "tokenizer",
    "uri",
    "virtualenv",
];

/// `MLflow` loads what the flavours of a model name, relative to its folder.
fn mlflow(inspection: &mut Inspection, value: &Value) {
    let mut stack: Vec<(bool, &Value)> = vec![(false, &value["flavors"])];
    while let Some((is_path, value)) = stack.pop() {
        match value {
            Value::Object(map) => {
                if map.get("code").is_some_and(|code| !code.is_null()) {
                    inspection.report(
                        Verdict::Unknown,
                        technique::AUTO_MAP,
                        0,
                        "the model brings code of its own, which MLflow imports: read it as you read a program",
                    );
                }
                stack.extend(map.iter().map(|(key, value)| {
                    let is_named = MLFLOW_PATHS.iter().any(|end| key.ends_with(end));
                    (is_path || is_named, value)
                }));
            }
            Value::Array(items) => stack.extend(items.iter().map(|item| (is_path, item))),
            Value::String(path)
                if is_path
                    && (leads_outside(path) || path.starts_with('~') || path.contains("://")) =>
            {
                inspection.report(
                    Verdict::Suspicious,
                    technique::INDEX_PATH,
                    0,
                    format!("the model loads {}, outside of its folder", printable(path)),
                );
            }
            _ => {}
        }
    }
}

/// Packages that a model asks for: those of an index without encryption can be anybody's.
pub(crate) fn requirements(inspection: &mut Inspection, text: &str) {
    const OPTIONS: &[&str] = &[
        "--index-url",
        "--extra-index-url",
        "--find-links",
        "-i ",
        "-f ",
    ];
    for line in text.lines().map(str::trim) {
        let is_place = OPTIONS.iter().any(|option| line.starts_with(option));
        if is_place && line.contains("http://") || line.starts_with("--trusted-host") {
            inspection.report(
                Verdict::Suspicious,
                technique::INSECURE_INDEX,
                0,
                format!(
                    "packages are taken from a place that nobody vouches for: {}",
                    printable(line)
                ),
            );
        }
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
        ("_target_", Value::String(target)) => self::target(inspection, target, false),
        // What other frameworks call the same: latent diffusion, Lightning's command line, MMEngine.
        ("target" | "class_path" | "func" | "callable" | "type", Value::String(name)) => {
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

/// What Hydra's `instantiate` would call.
pub(crate) fn target(inspection: &mut Inspection, target: &str, strict: bool) {
    let target = target.trim().trim_matches(['"', '\'']);
    if let Some((_, inner)) = target.split_once("${") {
        // An interpolation: what it falls back to is looked at, what it finds is not known.
        for name in inner.split([',', ':', '}', ' ', '\'', '"']) {
            named_argument(inspection, name);
        }
        inspection.report(
            Verdict::Unknown,
            technique::TARGET_UNKNOWN,
            0,
            format!(
                "the configuration calls what {} stands for when it is read",
                printable(target)
            ),
        );
        return;
    }
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
        // Configuration makes objects of all classes of a package: which one says little.
        Standing::PackageClass if !names::is_outward(module, name) => {}
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
pub(crate) fn named_argument(inspection: &mut Inspection, name: &str) {
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

/// Modules that no configuration names for anything else: `target` and the like are words of other configuration too.
const CORE: &[&str] = &[
    "os",
    "posix",
    "nt",
    "sys",
    "subprocess",
    "builtins",
    "shutil",
    "importlib",
    "pty",
    "runpy",
    "pickle",
    "ctypes",
    "webbrowser",
    "socket",
    "tempfile",
    "urllib",
    "pathlib",
    "marshal",
    "multiprocessing",
];

/// A key that some frameworks take the name of a function or class from.
pub(crate) fn named_call(inspection: &mut Inspection, name: &str) {
    let top = name.split('.').next().unwrap_or_default();
    if CORE.contains(&top) {
        named_argument(inspection, name);
    }
}

/// A `.pth` file of Python's `site`: lines that begin with `import` are run when Python starts.
pub(crate) fn path_file(inspection: &mut Inspection, text: &str) {
    for line in text.lines() {
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

/// Ollama's `Modelfile`: files that it takes into the model, and what it says before every conversation.
pub(crate) fn modelfile(inspection: &mut Inspection, text: &str) {
    for said in instructions(text) {
        template::said(inspection, said);
    }
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

/// What `SYSTEM`, `MESSAGE` and `TEMPLATE` say, over several lines where they open with three quotes.
fn instructions(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(line) = rest.lines().next() {
        let after = rest
            .get(line.len()..)
            .unwrap_or_default()
            .trim_start_matches(['\r', '\n']);
        let (word, said) = line
            .trim_start()
            .split_once(char::is_whitespace)
            .unwrap_or((line, ""));
        let is_said = ["SYSTEM", "MESSAGE", "TEMPLATE"]
            .iter()
            .any(|of| word.eq_ignore_ascii_case(of));
        if !is_said {
            rest = after;
            continue;
        }
        let start = line.len() - said.len();
        if let Some(first) = said.trim_start().strip_prefix("\"\"\"") {
            let body = &rest[start + (said.len() - first.len())..];
            let end = body.find("\"\"\"").unwrap_or(body.len());
            found.push(&body[..end]);
            rest = body.get(end + 3..).unwrap_or_default();
        } else {
            found.push(said.trim().trim_matches('"'));
            rest = after;
        }
    }
    found
}
