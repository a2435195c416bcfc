//! Python code beside models: in which folders loaders run it, whatever it is called.
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
    ("config.pbtxt", &[""]),
    ("mlmodel", &["loader_module", "code"]),
    ("cog.yaml", &[""]),
    ("bentofile.yaml", &[""]),
];

/// The folders in which loaders run code.
pub(super) fn folders(files: &[(RepoPath, PathBuf)]) -> BTreeSet<Vec<u8>> {
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
pub(super) fn of(path: &RepoPath, folders: &BTreeSet<Vec<u8>>) -> Surroundings {
    if folders.is_empty() || !is_code(path) {
        return Surroundings::Unknown;
    }
    let mut at = folder(path.as_bytes());
    // Imports reach as deep as the folders do.
    loop {
        if folders.contains(at) {
            return Surroundings::ModelWithCode;
        }
        let name = at.rfind_byte(b'/').map_or(at, |slash| &at[slash + 1..]);
        if at.is_empty() || INSTALLED.contains(&name) {
            return Surroundings::Unknown;
        }
        at = folder(at);
    }
}

fn is_code(path: &RepoPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    [&b".py"[..], b".pyc", b".pyo"]
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
        let folders = BTreeSet::from([b"models/a".to_vec()]);
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
}
