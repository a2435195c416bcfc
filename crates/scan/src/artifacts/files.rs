//! Which files are models: those of paths that were asked for, and those of a repository by their names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use ignore::WalkBuilder;
use trueline_facts::{Diagnostic, Level, RepoPath};

use crate::ScanError;

/// Names under which models and their configuration are kept.
const EXTENSIONS: &[&str] = &[
    "pkl",
    "pickle",
    "dill",
    "pt",
    "pth",
    "pt2",
    "ckpt",
    "bin",
    "joblib",
    "npy",
    "npz",
    "h5",
    "hdf5",
    "keras",
    "pb",
    "pbtxt",
    "tflite",
    "onnx",
    "ort",
    "gguf",
    "ggml",
    "safetensors",
    "msgpack",
    "flax",
    "mpk",
    "pdparams",
    "pdopt",
    "pdmodel",
    "pdiparams",
    "nemo",
    "mar",
    "skops",
    "rds",
    "rda",
    "rdata",
    "llamafile",
    "pmml",
    "mlmodel",
    "t7",
    "dat",
    "model",
    "weights",
    "jinja",
    "cbm",
    "ubj",
    "plan",
    "engine",
    "trt",
    "pte",
    "ptd",
    "rknn",
    "caffemodel",
    "mnn",
    "hef",
    "om",
    "kmodel",
    "mindir",
    "p",
    "pck",
    "pcl",
    "cpickle",
];
/// Configuration files of model repositories.
const NAMES: &[&str] = &[
    "config.json",
    "tokenizer_config.json",
    "chat_template.json",
    "processor_config.json",
    "preprocessor_config.json",
    "generation_config.json",
    "model_index.json",
    "adapter_config.json",
    "model_config.yaml",
    "model.safetensors.index.json",
    "pytorch_model.bin.index.json",
];

/// Is it a file that a scan of a repository checks as a model?
pub(super) fn is_model(path: &RepoPath) -> bool {
    let name = path.file_name().to_str_lossy().to_ascii_lowercase();
    NAMES.contains(&name.as_str())
        || name
            .rsplit_once('.')
            .is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// Does a file of no known format have the name of weights? Data of programs, templates and graphs have such names as
/// well, or none.
pub(super) fn has_name_of_weights(path: &RepoPath) -> bool {
    const OTHERS: &[&str] = &["jinja", "pbtxt", "dat", "p", "model", "mlmodel", "plan"];
    let name = path.file_name().to_str_lossy().to_ascii_lowercase();
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        EXTENSIONS.contains(&extension) && !OTHERS.contains(&extension)
    })
}

/// The folder of a model in a cache of Hugging Face's hub: its `snapshots` link to files in its `blobs`.
fn cached_model(root: &Path) -> Option<PathBuf> {
    root.ancestors()
        .find(|folder| folder.join("blobs").is_dir() && root.starts_with(folder.join("snapshots")))
        .map(Path::to_owned)
}

/// The files of one path. Links are followed only when they stay below it: caches of models keep their
/// files under hashes and link to them by name.
pub(super) fn list(
    given: &Path,
    files: &mut BTreeMap<RepoPath, PathBuf>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), ScanError> {
    let root = given.canonicalize().map_err(|source| ScanError::Path {
        path: given.to_owned(),
        source,
    })?;
    if !root.is_dir() {
        files.insert(named(given), root);
        return Ok(());
    }
    // Links lead to files below the folder, and in a cache to the blobs of the same model.
    let blobs = cached_model(&root).map(|model| model.join("blobs"));
    let may_lead_to = |target: &Path| {
        target.starts_with(&root)
            || blobs
                .as_ref()
                .is_some_and(|blobs| target.starts_with(blobs))
    };
    let mut links: BTreeSet<(PathBuf, PathBuf)> = BTreeSet::new();
    let mut plain = BTreeSet::new();
    let walk = WalkBuilder::new(&root)
        .standard_filters(false)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_name(Ord::cmp)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                diagnostics.push(Diagnostic::new(
                    Level::Warning,
                    "folder-unreadable",
                    format!("a folder or file could not be listed: {error}"),
                ));
                continue;
            }
        };
        let kind = entry.file_type();
        if kind.is_some_and(|k| k.is_file()) {
            plain.insert(entry.into_path());
        } else if kind.is_some_and(|k| !k.is_dir() && !k.is_symlink()) {
            diagnostics.push(
                Diagnostic::new(
                    Level::Warning,
                    "not-a-file",
                    "not checked: a pipe, a socket or a device, which no model is",
                )
                .at(named(&shown(given, &root, entry.path()))),
            );
        } else if kind.is_some_and(|k| k.is_symlink()) {
            match entry.path().canonicalize() {
                Ok(target) if may_lead_to(&target) && target.is_file() => {
                    links.insert((target, entry.into_path()));
                }
                Ok(target) if target.is_dir() && target.starts_with(&root) => {}
                _ => diagnostics.push(
                    Diagnostic::new(
                        Level::Warning,
                        "link-not-followed",
                        "a link that leads nowhere or out of the folder: what it points to was not checked",
                    )
                    .at(named(&shown(given, &root, entry.path()))),
                ),
            }
        }
    }
    // Every name has its record, also the second of the same file; a blob that has a name needs none of its own.
    let is_named_blob = |file: &Path| {
        file.parent()
            .is_some_and(|folder| folder.ends_with("blobs"))
            && links
                .range((file.to_owned(), PathBuf::new())..)
                .next()
                .is_some_and(|(target, _)| target == file)
    };
    for file in &plain {
        if !is_named_blob(file) {
            files.insert(named(&shown(given, &root, file)), file.clone());
        }
    }
    for (target, name) in &links {
        files.insert(named(&shown(given, &root, name)), target.clone());
    }
    Ok(())
}

/// A path below the root as the caller would write it.
fn shown(given: &Path, root: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix(root) {
        Ok(below) if given == Path::new(".") => below.to_owned(),
        Ok(below) => given.join(below),
        Err(_) => path.to_owned(),
    }
}

/// What a record calls a file.
pub(super) fn named(path: &Path) -> RepoPath {
    RepoPath::new(<[u8]>::from_path(path).unwrap_or(b"?"))
}
