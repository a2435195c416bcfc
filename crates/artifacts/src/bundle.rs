//! Archives as a whole: which framework wrote one, and what in it does not belong there.

use std::collections::BTreeMap;
use std::rc::Rc;

use trueline_facts::artifact::Verdict;

use crate::inspection::{Context, Inspection, printable};
use crate::zip::Member;
use crate::{
    code, executable, json, keras, packages, pickle, promise, python, skops, technique, text,
};

/// Bytes of a JSON or source member that are read.
const MAX_TEXT: usize = 16 << 20;
/// Bytes of raw storages that are searched for pickles.
const MAX_STORAGES: u64 = 4 << 20;
/// Members of one name that may be the list of packages.
const MAX_LISTS: usize = 8;

/// Inspects members, each by content, and the archive by their names.
pub(crate) fn inspect(inspection: &mut Inspection, archive: &str, members: &[Member]) {
    let has = |end: &str| {
        members
            .iter()
            .any(|m| m.name == end || m.name.ends_with(&format!("/{end}")))
    };
    let is_torch = has("data.pkl") || (has("constants.pkl") && has("version"));
    let is_script = is_torch && has("constants.pkl");
    let is_keras = has("config.json") && (has("model.weights.h5") || has("metadata.json"));
    let is_skops = has("schema.json");
    let is_mar = has("MAR-INF/MANIFEST.json");
    let is_nemo = has("model_config.yaml");
    let is_npz = !members.is_empty()
        && members
            .iter()
            .all(|m| m.name.to_ascii_lowercase().ends_with(".npy"));
    let is_package = is_torch
        && members
            .iter()
            .any(|m| m.name.ends_with(".data/python_version"));
    let is_aot = members.iter().any(|m| m.name.contains("aotinductor/"));
    for (is, format) in [
        (is_torch && !is_script, "pytorch-zip"),
        (is_script, "torchscript"),
        (is_keras, "keras"),
        (is_skops, "skops"),
        (is_mar, "torchserve-mar"),
        (is_nemo, "nemo"),
        (is_npz, "npz"),
        (is_package, "torch-package"),
    ] {
        if is {
            inspection.format(format);
        }
    }
    if inspection.depth() == 0 && is_torch && !is_package {
        inspection.is_torch = true;
        if is_script {
            inspection.refused = Some("what it is: TorchScript".to_owned());
        }
    }
    let is_model = is_torch || is_keras || is_skops || is_npz || is_nemo;
    // A package is installed to be imported.
    let is_installed = members
        .iter()
        .any(|m| m.name.ends_with(".dist-info/METADATA"));
    // Programs and their packages bring native code; what unpacks into the folder of a model is judged as beside one.
    let outer_beside = inspection.beside_model;
    inspection.beside_model |= !(is_model || is_mar || is_aot)
        && members.iter().any(|m| is_weights(&m.name))
        && !members.iter().any(|m| is_of_package(&m.name));
    // Servers and loaders import what lies beside the weights under names of their own; TorchScript is no Python.
    let outer_role = inspection.code_role;
    if !is_script
        && (is_mar || is_package || is_installed || members.iter().any(|m| is_of_model(&m.name)))
    {
        inspection.code_role = Some(python::Role::Beside);
    }
    let outer = std::mem::take(&mut inspection.storages);
    // Each pickle has its storages in a folder of its own name; what was traced with is kept without its content.
    let storages_of = |folder: &str| {
        let sizes = members.iter().filter(|_| is_torch).filter_map(|member| {
            let (_, key) = member.name.rsplit_once(folder)?;
            Some((key.to_owned(), member.source.len()))
        });
        Rc::new(sizes.collect::<BTreeMap<_, _>>())
    };
    let (of_data, of_constants) = (storages_of("/data/"), storages_of("/constants/"));
    let mut storages_left = MAX_STORAGES;
    for member in members {
        let name = member.name.as_str();
        let lower = name.to_ascii_lowercase();
        let extension = lower.rsplit('.').next().unwrap_or_default();
        match extension {
            "py" if is_script && name.contains("/code/") => torchscript(inspection, member),
            "py" if is_mar || is_package => {
                let code = member.source.read(0, MAX_TEXT);
                if code::is_code(&String::from_utf8_lossy(&code)) {
                    inspection.report(
                        Verdict::Malicious,
                        technique::TORCH_HANDLER,
                        0,
                        format!(
                            "the code {}, which the server runs, starts programs or evaluates text",
                            printable(name)
                        ),
                    );
                }
            }
            "so" | "dylib" | "dll" | "pyd" | "exe" if is_model || is_mar || is_aot => inspection
                .report(
                    Verdict::Suspicious,
                    technique::ARCHIVE_CODE,
                    0,
                    format!(
                        "{} is native code inside a model{}",
                        printable(name),
                        if is_aot {
                            ", which loading it runs"
                        } else {
                            ""
                        }
                    ),
                ),
            _ if is_torch && matches!(executable::kind(&member.source), Some("elf" | "pe")) => {
                inspection.report(
                    Verdict::Suspicious,
                    technique::ARCHIVE_CODE,
                    0,
                    format!(
                        "{} is a program among the weights: no loader of the format reads it",
                        printable(name)
                    ),
                );
            }
            "py" | "pyc" | "pyo" | "sh" | "bat" | "ps1" | "js" | "pth"
                if is_model && !(extension == "pth" && !is_keras && !is_npz) =>
            {
                let runs =
                    code::is_code(&String::from_utf8_lossy(&member.source.read(0, MAX_TEXT)));
                inspection.report(
                    if runs {
                        Verdict::Malicious
                    } else {
                        Verdict::Suspicious
                    },
                    technique::ARCHIVE_CODE,
                    0,
                    format!("{} is code inside a model", printable(name)),
                );
            }
            "py" if matches!(base(&lower), "sitecustomize.py" | "usercustomize.py") => {
                let code = member.source.read(0, MAX_TEXT);
                inspection.report(
                    if code::is_code(&String::from_utf8_lossy(&code)) {
                        Verdict::Malicious
                    } else {
                        Verdict::Suspicious
                    },
                    technique::ARCHIVE_CODE,
                    0,
                    format!(
                        "{} is run by every Python that finds it on its path",
                        printable(name)
                    ),
                );
            }
            _ => {}
        }
        if is_keras && matches!(name, "config.json" | "metadata.json") {
            inspection.within(name, Context::Member, |inspection| {
                keras::config_text(
                    inspection,
                    &member.source.read(0, MAX_TEXT),
                    keras::Container::Zip,
                );
            });
            continue;
        }
        if is_skops && name == "schema.json" {
            inspection.within(name, Context::Member, |inspection| {
                skops::schema(inspection, &member.source.read(0, MAX_TEXT));
            });
            continue;
        }
        if name.ends_with("MAR-INF/MANIFEST.json") {
            inspection.within(name, Context::Member, |inspection| {
                manifest(inspection, member, members);
            });
            continue;
        }
        inspection.storages = match name.rsplit('/').next() {
            Some("data.pkl") => Rc::clone(&of_data),
            Some("constants.pkl") => Rc::clone(&of_constants),
            _ => Rc::default(),
        };
        inspection.member(name, Context::Member, &member.source);
        if is_torch && name.contains("/data/") && storages_left > 0 {
            // No loader unpickles them; a second stage may.
            let len = member.source.len().min(storages_left);
            storages_left -= len;
            inspection.within(name, Context::Member, |inspection| {
                pickle::search(inspection, &member.source.slice(0, len), 0);
            });
        }
    }
    inspection.storages = outer;
    inspection.code_role = outer_role;
    inspection.beside_model = outer_beside;
    if is_torch {
        let pickles = members
            .iter()
            .filter(|m| m.name.ends_with("data.pkl") && !m.name.contains("/."))
            .count();
        if pickles > 1 {
            inspection.report(
                Verdict::Suspicious,
                technique::TORCH_LAYOUT,
                0,
                format!(
                    "{} holds {pickles} members called data.pkl: loaders take different ones",
                    printable(archive)
                ),
            );
        }
    }
}

/// Is it a file of weights by its name, and hardly anything else?
fn is_weights(name: &str) -> bool {
    // Tests of programs have arrays, and programs have data of their own.
    const ALSO_OTHER: &[&str] = &["bin", "pb", "npy", "npz", "msgpack"];
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit('.').next().unwrap_or_default();
    base(&lower) == "saved_model.pb"
        || promise::is_unpickled(base(&lower))
        || WEIGHTS.contains(&extension) && !ALSO_OTHER.contains(&extension)
}

/// Is it what packages of Python, conda, Java and Android say of themselves?
fn is_of_package(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "PKG-INFO",
        "META-INF/MANIFEST.MF",
        "AndroidManifest.xml",
        "info/index.json",
    ];
    name.ends_with(".dist-info/METADATA")
        || NAMES.iter().any(|end| {
            name.strip_suffix(end)
                .is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
        })
}

/// Extensions of weights in archives of models.
const WEIGHTS: &[&str] = &[
    "pt",
    "pth",
    "pt2",
    "bin",
    "ckpt",
    "safetensors",
    "onnx",
    "h5",
    "hdf5",
    "keras",
    "pkl",
    "pickle",
    "joblib",
    "dill",
    "pb",
    "gguf",
    "tflite",
    "msgpack",
    "npz",
    "npy",
    "pdparams",
    "skops",
    "rds",
    "cbm",
    "ubj",
    "mlmodel",
    "nemo",
];

/// Is it a member that archives of models have: weights, or what tells a loader which code to run?
fn is_of_model(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "config.json",
        "tokenizer_config.json",
        "modules.json",
        "model_index.json",
        "meta.json",
        "mlmodel",
        "config.pbtxt",
        "cog.yaml",
        "bentofile.yaml",
        "adapter_config.json",
    ];
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit('.').next().unwrap_or_default();
    WEIGHTS.contains(&extension) || NAMES.contains(&base(&lower))
}

/// The last part of a path.
fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The names of `TorchScript`'s own operations that touch files or call back into Python.
const TORCHSCRIPT_OPS: &[&str] = &[
    "aten.save",
    "aten::save",
    "aten.from_file",
    "aten::from_file",
    "torch.from_file",
    "torch.save",
    "torch.load",
    "prim.PythonOp",
    "prim::PythonOp",
    "^PythonOp",
    "torch.from_file(",
    "aten._save",
    "aten.load",
    "ops.aten.save",
    "ops.prim.load",
];

/// Namespaces of operators that `PyTorch` and its own libraries ship.
const KNOWN_OPS: &[&str] = &[
    "aten",
    "prim",
    "quantized",
    "torchvision",
    "torchaudio",
    "_quantized",
    "prepacked",
    "mkldnn",
    "mkldnn_prepacked",
    "sparse",
    "inductor",
    "rngprims",
    "static_runtime",
    "caffe2",
    "fb",
    "fbgemm",
    "torch_scatter",
    "torch_sparse",
    "torch_cluster",
    "xnnpack",
    "vulkan",
    "metal",
];

fn torchscript(inspection: &mut Inspection, member: &Member) {
    let bytes = member.source.read(0, MAX_TEXT);
    let code = String::from_utf8_lossy(&bytes);
    for op in TORCHSCRIPT_OPS {
        if code.contains(op) {
            inspection.report(
                Verdict::Malicious,
                technique::TORCHSCRIPT_OP,
                0,
                format!(
                    "the code in {} uses {op}, which reads or writes files or leaves TorchScript",
                    printable(&member.name)
                ),
            );
        }
    }
    for (at, _) in code.match_indices("ops.") {
        let rest = &code[at + 4..];
        let namespace: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let follows = rest[namespace.len()..].starts_with('.');
        let before = code[..at].chars().next_back();
        if follows
            && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            && !namespace.is_empty()
            && !KNOWN_OPS.contains(&namespace.as_str())
        {
            inspection.report(
                Verdict::Unknown,
                technique::TORCHSCRIPT_OP,
                at as u64,
                format!("the code uses operators of {namespace}, which a library outside of PyTorch must bring"),
            );
        }
    }
    for (at, _) in code.match_indices("__torch__.torch.classes.") {
        let rest = &code[at + "__torch__.torch.classes.".len()..];
        let namespace = rest
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next();
        let namespace = namespace.unwrap_or_default();
        if !KNOWN_OPS.contains(&namespace) {
            inspection.report(
                Verdict::Unknown,
                technique::TORCHSCRIPT_OP,
                at as u64,
                format!(
                    "the code uses classes of {}, which a library outside of PyTorch must bring",
                    printable(namespace)
                ),
            );
        }
    }
    for piece in code.split(['"', '\'']).skip(1).step_by(2) {
        let is_path = (piece.starts_with("/etc/")
            || piece.starts_with("/root/")
            || piece.starts_with("/home/")
            || piece.starts_with("/tmp/")
            || piece.starts_with("http://")
            || piece.starts_with("https://")
            || piece.starts_with("~/"))
            && !piece.contains(' ');
        if is_path {
            inspection.report(
                Verdict::Suspicious,
                technique::TORCHSCRIPT_OP,
                0,
                format!("the code holds the path or address {}", printable(piece)),
            );
        }
    }
}

/// `TorchServe`'s manifest: a handler is Python code that the server runs.
fn manifest(inspection: &mut Inspection, member: &Member, members: &[Member]) {
    let bytes = member.source.read(0, MAX_TEXT);
    let Ok(json) = json::parse(inspection, &bytes) else {
        inspection.report(
            Verdict::Suspicious,
            technique::TORCH_HANDLER,
            0,
            "the manifest of the archive cannot be read",
        );
        return;
    };
    for key in ["handler", "modelFile", "serializedFile", "requirementsFile"] {
        let Some(value) = json["model"][key].as_str() else {
            continue;
        };
        if crate::zip::leads_outside(value) {
            inspection.report(
                Verdict::Malicious,
                technique::ARCHIVE_SLIP,
                0,
                format!(
                    "the manifest's {key} {} leads out of the archive",
                    printable(value)
                ),
            );
        }
        if key == "requirementsFile" {
            asked_for(inspection, value, members);
        }
        if key == "handler" && value.contains(['/', '.', ':']) {
            inspection.report(
                Verdict::Unknown,
                technique::TORCH_HANDLER,
                0,
                format!(
                    "the server runs the Python code {} of this archive",
                    printable(value)
                ),
            );
        }
    }
    text::json(inspection, &member.name, &json);
}

/// The list of packages that the server installs, whatever its name is.
fn asked_for(inspection: &mut Inspection, value: &str, members: &[Member]) {
    let named = base(value);
    // As a member of such a name it is read anyway.
    if packages::is_requirements(&named.to_lowercase(), "") {
        return;
    }
    let lists = members.iter().filter(|member| base(&member.name) == named);
    for list in lists.take(MAX_LISTS) {
        let text = list.source.read(0, MAX_TEXT);
        inspection.within(&list.name, Context::Member, |inspection| {
            packages::requirements(inspection, &String::from_utf8_lossy(&text));
        });
    }
}
