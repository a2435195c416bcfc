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
/// Folders above the code in which its configuration may stand.
const MAX_ABOVE: usize = 3;

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
    for _ in 0..=MAX_ABOVE {
        if folders.contains(at) {
            return Surroundings::ModelWithCode;
        }
        if at.is_empty() {
            break;
        }
        at = folder(at);
    }
    Surroundings::Unknown
}

fn is_code(path: &RepoPath) -> bool {
    path.file_name().to_ascii_lowercase().ends_with(b".py")
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
        assert_eq!(of("models/a/weights.bin"), Surroundings::Unknown);
        assert_eq!(of("models/ab/helper.py"), Surroundings::Unknown);
        assert_eq!(of("train.py"), Surroundings::Unknown);
    }
}
