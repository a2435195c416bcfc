//! Configuration that one framework reads in a way of its own: which classes diffusers and sentence-transformers
//! import, what `MLflow` loads, and what YOLO evaluates.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use super::target;
use crate::inspection::{Inspection, printable};
use crate::names::{self, Standing};
use crate::zip::leads_outside;
use crate::{python, technique};

/// Inspects a document whose name or form says which framework reads it.
pub(super) fn inspect(inspection: &mut Inspection, name: &str, value: &Value) {
    let base = name.rsplit('/').next().unwrap_or(name);
    if base.ends_with("modules.json") {
        modules(inspection, value);
    }
    if base.ends_with("router_config.json") {
        for kind in value["types"]
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::values)
        {
            part(inspection, kind);
        }
    }
    if base.eq_ignore_ascii_case("mlmodel") {
        mlflow(inspection, value);
    }
    if base.ends_with("model_index.json") {
        components(inspection, value);
    }
    if base == "Manifest.json" {
        package(inspection, value);
    }
    if value["nodes"].is_array() && value["arg_nodes"].is_array() {
        symbol(inspection, value);
    }
    if is_network(value) {
        network(inspection, value);
    }
}

/// Symbols of `MXNet`: layers whose code is no part of the program that loads them.
fn symbol(inspection: &mut Inspection, value: &Value) {
    for node in value["nodes"].as_array().into_iter().flatten() {
        let op = node["op"].as_str().unwrap_or_default();
        match op {
            "_Native" | "_NDArray" => inspection.report(
                Verdict::Suspicious,
                technique::CONFIG_LIBRARY,
                0,
                format!("a layer {op} calls code at an address of memory that the file says"),
            ),
            "Custom" => inspection.report(
                Verdict::Unknown,
                technique::AUTO_MAP,
                0,
                "a layer runs Python code of the program that loads it",
            ),
            _ => {}
        }
    }
}

/// Arrays of Zarr name what packs and unpacks their chunks; one packer makes pickles of objects.
pub(super) fn zarr(inspection: &mut Inspection, array: &serde_json::Map<String, Value>) {
    let packers = [
        "filters",
        "codecs",
        "compressor",
        "compressors",
        "object_codec",
    ]
    .iter()
    .filter_map(|key| array.get(*key));
    let mut stack: Vec<&Value> = packers.collect();
    while let Some(packer) = stack.pop() {
        match packer {
            Value::Array(items) => stack.extend(items),
            Value::Object(map) => {
                let is_pickle = ["id", "name"].iter().any(|key| {
                    let name = map.get(*key).and_then(Value::as_str).unwrap_or_default();
                    name.rsplit('.').next() == Some("pickle")
                });
                if is_pickle {
                    inspection.report(
                        Verdict::Suspicious,
                        technique::NPY_OBJECT,
                        0,
                        "the chunks of the array are pickles, also where they are compressed: reading the array loads them",
                    );
                }
                // Packers in packers.
                stack.extend(map.values().filter(|value| !value.is_string()));
            }
            _ => {}
        }
    }
}

/// Objects that `LangChain` wrote: a class by the parts of its name, which its loader imports and makes.
pub(super) fn langchain(inspection: &mut Inspection, object: &serde_json::Map<String, Value>) {
    let is_made = object.get("type").and_then(Value::as_str) == Some("constructor");
    let parts = object.get("id").and_then(Value::as_array);
    if let Some(parts) = parts.filter(|_| is_made) {
        let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
        let is_of_core = matches!(parts.first(), Some(&("langchain" | "langchain_core")));
        if !is_of_core {
            target(inspection, &parts.join("."), false);
        }
    }
}

/// Modules of diffusers' pipelines, as far as their names are no prefix of one of the other.
const PIPELINES: &[&str] = &[
    "allegro",
    "amused",
    "animatediff",
    "audioldm",
    "aura_flow",
    "blip_diffusion",
    "bria",
    "chroma",
    "chronoedit",
    "cogvideo",
    "cogview",
    "consisid",
    "consistency_models",
    "controlnet",
    "cosmos",
    "dance_diffusion",
    "ddim",
    "ddpm",
    "deepfloyd_if",
    "deprecated",
    "dit",
    "easyanimate",
    "flux",
    "free_init",
    "hidream",
    "hunyuan",
    "i2vgen_xl",
    "kandinsky",
    "kolors",
    "latent_consistency_models",
    "latent_diffusion",
    "latte",
    "ledits_pp",
    "ltx",
    "lucy",
    "lumina",
    "marigold",
    "mochi",
    "musicldm",
    "omnigen",
    "pag",
    "paint_by_example",
    "pia",
    "pixart_alpha",
    "prx",
    "qwenimage",
    "repaint",
    "sana",
    "score_sde_ve",
    "semantic_stable_diffusion",
    "shap_e",
    "skyreels",
    "spectrogram",
    "stable_audio",
    "stable_cascade",
    "stable_diffusion",
    "stable_video_diffusion",
    "stochastic_karras_ve",
    "t2i_adapter",
    "text_to_video_synthesis",
    "unclip",
    "unidiffuser",
    "versatile_diffusion",
    "visualcloze",
    "vq_diffusion",
    "wan",
    "wuerstchen",
    "z_image",
];
/// And libraries that pipelines take classes from.
const LIBRARIES: &[&str] = &[
    "diffusers",
    "transformers",
    "flax",
    "onnxruntime",
    "optimum",
    "peft",
];

/// diffusers imports the library and takes the class that each component of a pipeline names; a library may also be
/// a module of diffusers itself, or a file of the model.
fn components(inspection: &mut Inspection, value: &Value) {
    for component in value
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::values)
    {
        let Some([Value::String(library), Value::String(class)]) =
            component.as_array().map(Vec::as_slice)
        else {
            continue;
        };
        if library.contains(['/', '\\', ':']) || leads_outside(library) {
            inspection.report(
                Verdict::Suspicious,
                technique::AUTO_MAP,
                0,
                format!(
                    "a part of the pipeline is taken from {}, which is no name of a library",
                    printable(library)
                ),
            );
            continue;
        }
        let is_own = !library.contains('.') && PIPELINES.iter().any(|of| library.starts_with(of));
        if !is_own && !LIBRARIES.contains(&library.as_str()) {
            target(
                inspection,
                &format!("{library}.{class}"),
                names::is_stdlib(library),
            );
        } else if !is_own
            && matches!(
                names::standing(library, class),
                Standing::Dangerous { family, .. } if family != "by-name"
            )
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

/// sentence-transformers imports the class that each part of a model names.
fn modules(inspection: &mut Inspection, value: &Value) {
    for item in value.as_array().into_iter().flatten() {
        part(inspection, &item["type"]);
        if let Some(path) = item["path"].as_str()
            && (leads_outside(path) || path.starts_with('~') || path.contains("://"))
        {
            inspection.report(
                Verdict::Suspicious,
                technique::INDEX_PATH,
                0,
                format!(
                    "a part of the model is loaded from {}, outside of its folder",
                    printable(path)
                ),
            );
        }
    }
}

fn part(inspection: &mut Inspection, kind: &Value) {
    if let Some(kind) = kind.as_str()
        && !kind.starts_with("sentence_transformers.")
    {
        target(inspection, kind, false);
    }
}

/// A package of Core ML is read from the files that its manifest lists.
fn package(inspection: &mut Inspection, value: &Value) {
    let items = value["itemInfoEntries"].as_object();
    for item in items.into_iter().flat_map(serde_json::Map::values) {
        if let Some(path) = item["path"].as_str()
            && (leads_outside(path) || path.contains("://"))
        {
            inspection.report(
                Verdict::Malicious,
                technique::INDEX_PATH,
                0,
                format!(
                    "the manifest names {}, outside of the package",
                    printable(path)
                ),
            );
        }
    }
}

/// Parts of the description of a network by layers, as YOLO has them: rows of `[from, number, module, arguments]`.
const PARTS: &[&str] = &["backbone", "head", "neck"];

fn is_network(value: &Value) -> bool {
    PARTS
        .iter()
        .any(|part| rows(&value[*part]).next().is_some())
}

/// Rows of a part: where from, how often, which module, with what.
fn rows(part: &Value) -> impl Iterator<Item = &Vec<Value>> {
    part.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .filter(|row| {
            row.len() >= 3
                && (row[0].is_number() || row[0].is_array())
                && row[1].is_number()
                && row[2].is_string()
        })
}

/// YOLO evaluates the name of a module, texts among its arguments and the activation, in a program that has `os`.
fn network(inspection: &mut Inspection, value: &Value) {
    for key in ["activation", "act"] {
        if let Some(text) = value[key].as_str() {
            evaluated(inspection, key, text);
        }
    }
    for part in PARTS {
        for row in rows(&value[*part]) {
            if let Some(module) = row[2].as_str() {
                module_of_row(inspection, module);
            }
            let mut rest: Vec<&Value> = row[3..].iter().collect();
            while let Some(value) = rest.pop() {
                match value {
                    Value::Array(items) => rest.extend(items),
                    Value::String(text) => evaluated(inspection, "an argument of a layer", text),
                    _ => {}
                }
            }
        }
    }
}

fn module_of_row(inspection: &mut Inspection, module: &str) {
    let is_name = module
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    if !is_name {
        evaluated(inspection, "the name of a layer", module);
        return;
    }
    let (of, name) = super::targets::split(module);
    if matches!(
        names::standing(of, name),
        Standing::Dangerous { family, .. } if family != "by-name" || names::is_stdlib(of)
    ) {
        target(inspection, module, true);
    }
}

/// Constructors of torch are what people write there; anything else that is called is code.
fn evaluated(inspection: &mut Inspection, what: &str, text: &str) {
    let reaches = python::expression_reaches(text);
    let calls_other = text.match_indices('(').any(|(at, _)| {
        let name = text[..at]
            .rsplit(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
            .next()
            .unwrap_or_default();
        !name.is_empty() && !name.starts_with("nn.") && !name.starts_with("torch.nn.")
    });
    let is_code = calls_other || text.contains("__") || text.contains("lambda");
    if reaches.is_none() && !is_code {
        return;
    }
    inspection.report_call(
        if reaches.is_some() {
            Verdict::Malicious
        } else {
            Verdict::Suspicious
        },
        technique::TARGET_DANGEROUS,
        0,
        match reaches {
            Some(does) => format!("building the network evaluates {what}, which {does}"),
            None => format!("building the network evaluates {what}, which is code"),
        },
        Some(printable(text)),
    );
}
