//! Files that a model takes its data from, as they stand on disk: through a link they are another file than they seem.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path};

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::technique;

/// Looks at the files that the model names, beside itself: `named` by their paths from its folder, with the bytes that
/// the model says they have.
pub(crate) fn inspect(inspection: &mut Inspection, model: &Path, named: &BTreeMap<String, u64>) {
    let Some(folder) = model.parent() else {
        return;
    };
    for (name, needed) in named {
        let path = Path::new(name);
        // What leads out by its name has been told.
        let is_below = path
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if is_below && let Some(what) = look(folder, path) {
            inspection.report(
                what.0,
                technique::ONNX_LINK,
                0,
                format!("the data in {} is {}", printable(name), what.1),
            );
        } else if is_below && let Some(size) = shorter(&folder.join(path), *needed) {
            inspection.report(
                Verdict::Suspicious,
                technique::EXTERNAL_BOUNDS,
                0,
                format!(
                    "the data is said to reach to byte {needed} of {}, which has {size}: what is read behind it is not its own",
                    printable(name)
                ),
            );
        }
    }
}

/// The size of a file that has less than is needed of it; what only stands for it has none.
fn shorter(file: &Path, needed: u64) -> Option<u64> {
    const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
    let size = fs::metadata(file).ok().filter(fs::Metadata::is_file)?.len();
    if size >= needed {
        return None;
    }
    let mut head = Vec::new();
    let mut start = File::open(file).ok()?.take(POINTER.len() as u64);
    start.read_to_end(&mut head).ok()?;
    (head != POINTER).then_some(size)
}

/// What a file of the folder is, if not one of its own.
fn look(folder: &Path, path: &Path) -> Option<(Verdict, &'static str)> {
    let file = folder.join(path);
    let is_linked = path
        .components()
        .scan(folder.to_owned(), |at, part| {
            at.push(part);
            Some(fs::symlink_metadata(&*at).is_ok_and(|data| data.is_symlink()))
        })
        .any(|is_link| is_link);
    if is_linked {
        let target = file.canonicalize().ok();
        let root = folder.canonicalize().ok()?;
        // Caches keep all files of a model under their hashes, beside the folders that link to them.
        let is_own = target.is_some_and(|target| {
            target.starts_with(&root) || blobs(&root).is_some_and(|blobs| target.starts_with(blobs))
        });
        return (!is_own).then_some((
            Verdict::Suspicious,
            "a link that leads out of the model's folder: loading it reads what stands there",
        ));
    }
    is_shared(&file).then_some((
        Verdict::Unknown,
        "a file that has another name elsewhere (a hard link): it may be any file of the machine, and newer versions of onnx refuse it",
    ))
}

/// The folder of files by their hashes, of a model in a cache of Hugging Face's hub.
fn blobs(root: &Path) -> Option<std::path::PathBuf> {
    let blobs = root.ancestors().map(|folder| folder.join("blobs"));
    let mut known = blobs.filter(|blobs| {
        let snapshots = blobs.with_file_name("snapshots");
        root.starts_with(snapshots) && blobs.is_dir()
    });
    known.next()
}

#[cfg(unix)]
fn is_shared(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(file).is_ok_and(|data| data.is_file() && data.nlink() > 1)
}

#[cfg(not(unix))]
fn is_shared(_: &Path) -> bool {
    false
}
