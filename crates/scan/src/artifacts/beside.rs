//! Code beside models: in which folders loaders run Python, whatever it is called, and where native libraries stand
//! beside weights.
//!
//! A configuration with `auto_map`, a list of modules with classes of its own, a server's description of a model: the code
//! that they name imports the files beside it.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use trueline_artifacts::Surroundings;
use trueline_facts::RepoPath;

/// Bytes of a configuration that are looked at; those of model repositories are far smaller.
const MAX_READ: u64 = 4 << 20;
/// Folders of installed packages, which no code of a model is imported from.
const INSTALLED: &[&[u8]] = &[b"site-packages", b"dist-packages", b"node_modules"];

/// Configuration of models, and the text of it that says that code beside it is run. Descriptions that exist only where
/// code is run say it by their name.
const CONFIGURATIONS: &[(&str, &[&str])] = &[
    ("config.json", &["auto_map", "custom_pipelines"]),
    ("tokenizer_config.json", &["auto_map"]),
    ("processor_config.json", &["auto_map"]),
    ("preprocessor_config.json", &["auto_map"]),
    ("video_preprocessor_config.json", &["auto_map"]),
    ("feature_extractor_config.json", &["auto_map"]),
    ("adapter_config.json", &["auto_mapping"]),
    ("modules.json", &["\"type\""]),
    ("model_index.json", &["_class_name"]),
    ("router_config.json", &["types"]),
    ("config.pbtxt", &[""]),
    ("mlmodel", &["loader_module", "code"]),
    ("cog.yaml", &[""]),
    ("bentofile.yaml", &[""]),
];

/// Ends of the names of weights, and of what only folders of models have.
const MODELS: &[&[u8]] = &[
    b".pt",
    b".pth",
    b".pt2",
    b".ckpt",
    b".safetensors",
    b".onnx",
    b".ort",
    b".h5",
    b".keras",
    b".pkl",
    b".pickle",
    b".joblib",
    b".gguf",
    b".tflite",
    b".pb",
    b".pdparams",
    b".pdmodel",
    b".nemo",
    b".mar",
    b".skops",
    b".engine",
    b".plan",
    b"pytorch_model.bin",
    b"openvino_model.xml",
    b"tokenizer_config.json",
    b"generation_config.json",
    b"model_index.json",
    b"mlmodel",
];

/// Folders by what is loaded in them.
#[derive(Debug, Default)]
pub(super) struct Folders {
    /// Loaders run Python code there.
    code: BTreeSet<Vec<u8>>,
    /// There are models.
    models: BTreeSet<Vec<u8>>,
    /// Code that was asked for by its own name: whoever does wants to know what it does.
    asked: BTreeSet<RepoPath>,
}

/// The folders in which loaders run code, and those of models. `asked` are files that were named themselves, not by
/// their folder.
pub(super) fn folders(files: &[(RepoPath, PathBuf)], asked: BTreeSet<RepoPath>) -> Folders {
    Folders {
        code: of_code(files),
        models: of_models(files),
        asked,
    }
}

fn of_models(files: &[(RepoPath, PathBuf)]) -> BTreeSet<Vec<u8>> {
    // Only native libraries ask for them.
    if !files.iter().any(|(path, _)| is_native(path)) {
        return BTreeSet::new();
    }
    files
        .iter()
        .filter(|(path, _)| {
            let name = path.file_name().to_ascii_lowercase();
            MODELS.iter().any(|end| name.ends_with(end))
        })
        .map(|(path, _)| folder(path.as_bytes()).to_vec())
        .collect()
}

fn of_code(files: &[(RepoPath, PathBuf)]) -> BTreeSet<Vec<u8>> {
    // Without code there is nothing to ask for.
    if !files.iter().any(|(path, _)| is_code(path)) {
        return BTreeSet::new();
    }
    files
        .iter()
        .filter(|(path, file)| {
            let name = path.file_name().to_str_lossy().to_ascii_lowercase();
            CONFIGURATIONS
                .iter()
                .find(|(of, _)| *of == name)
                .is_some_and(|(_, words)| says(file, words))
        })
        .map(|(path, _)| folder(path.as_bytes()).to_vec())
        .collect()
}

/// What a file stands among.
pub(super) fn of(path: &RepoPath, folders: &Folders) -> Surroundings {
    let start = folder(path.as_bytes());
    if is_native(path) && folders.models.contains(start) && !is_installed(start) {
        return Surroundings::Model;
    }
    if !is_code(path) {
        return Surroundings::Unknown;
    }
    if folders.asked.contains(path) {
        return Surroundings::ModelWithCode;
    }
    if folders.code.is_empty() {
        return Surroundings::Unknown;
    }
    let mut at = start;
    // Imports reach as deep as the folders do.
    loop {
        if folders.code.contains(at) {
            return Surroundings::ModelWithCode;
        }
        if at.is_empty() || INSTALLED.contains(&last(at)) {
            return Surroundings::Unknown;
        }
        at = folder(at);
    }
}

/// The name of a folder.
fn last(path: &[u8]) -> &[u8] {
    path.rfind_byte(b'/')
        .map_or(path, |slash| &path[slash + 1..])
}

fn is_installed(mut at: &[u8]) -> bool {
    while !at.is_empty() {
        if INSTALLED.contains(&last(at)) {
            return true;
        }
        at = folder(at);
    }
    false
}

fn is_native(path: &RepoPath) -> bool {
    trueline_artifacts::is_library(&path.file_name().to_str_lossy())
}

pub(super) fn is_code(path: &RepoPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    [&b".py"[..], b".pyc", b".pyo", b".sh"]
        .iter()
        .any(|end| name.ends_with(end))
}

fn folder(path: &[u8]) -> &[u8] {
    path.rfind_byte(b'/').map_or(&[], |at| &path[..at])
}

fn says(file: &Path, words: &[&str]) -> bool {
    if words.contains(&"") {
        return true;
    }
    let mut text = Vec::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(MAX_READ).read_to_end(&mut text))
        .is_ok_and(|_| words.iter().any(|word| text.contains_str(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_judged_in_and_below_the_folder_of_its_configuration() {
        let folders = Folders {
            code: BTreeSet::from([b"models/a".to_vec()]),
            ..Folders::default()
        };
        let of = |path: &str| of(&RepoPath::from(path), &folders);
        assert_eq!(of("models/a/helper.py"), Surroundings::ModelWithCode);
        assert_eq!(of("models/a/1/model.py"), Surroundings::ModelWithCode);
        assert_eq!(of("models/a/b/c/d/e/f.py"), Surroundings::ModelWithCode);
        assert_eq!(
            of("models/a/__pycache__/net.cpython-311.pyc"),
            Surroundings::ModelWithCode
        );
        assert_eq!(
            of("models/a/env/lib/site-packages/six.py"),
            Surroundings::Unknown
        );
        assert_eq!(of("models/a/weights.bin"), Surroundings::Unknown);
        assert_eq!(of("models/ab/helper.py"), Surroundings::Unknown);
        assert_eq!(of("train.py"), Surroundings::Unknown);
    }

    #[test]
    fn code_that_is_asked_for_by_name_is_judged() {
        let folders = folders(&[], BTreeSet::from([RepoPath::from("tools/convert.py")]));
        let of = |path: &str| of(&RepoPath::from(path), &folders);
        assert_eq!(of("tools/convert.py"), Surroundings::ModelWithCode);
        assert_eq!(of("tools/other.py"), Surroundings::Unknown);
    }

    #[test]
    fn native_libraries_are_judged_beside_models_and_nowhere_else() {
        let files: Vec<(RepoPath, PathBuf)> = [
            "m/libops.so",
            "m/model.onnx",
            "env/lib/site-packages/x/a.so",
            "env/lib/site-packages/x/b.pkl",
            "app/b.dll",
        ]
        .map(|name| (RepoPath::from(name), PathBuf::from(name)))
        .to_vec();
        let folders = folders(&files, BTreeSet::new());
        let of = |path: &str| of(&RepoPath::from(path), &folders);
        assert_eq!(of("m/libops.so"), Surroundings::Model);
        assert_eq!(of("m/model.onnx"), Surroundings::Unknown);
        assert_eq!(of("env/lib/site-packages/x/a.so"), Surroundings::Unknown);
        assert_eq!(of("app/b.dll"), Surroundings::Unknown);
    }
}
