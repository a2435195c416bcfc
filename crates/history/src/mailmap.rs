//! Where the mailmap of a history comes from, as in git: `.mailmap` at the top of the work tree, then the
//! blob and the file that this repository's own configuration names (`mailmap.blob`, `mailmap.file`);
//! a later one has the last word. A bare repository has `HEAD:.mailmap` unless it names a blob.
//!
//! Unlike git, a work tree without the file (sparse, not checked out) has that of the tip. What judges
//! a change reads committed ones only. Settings of the user and of the machine are not read: only
//! who configures the repository may change a result.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bstr::ByteSlice;
use gix::ObjectId;
use gix::objs::Kind;

use crate::model::Mailmap;
use crate::repository::{MAX_BLOB_BYTES, Objects, Repository};
use crate::walk::trees::Trees;

/// Which `.mailmap` counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    /// That of the work tree, committed or not.
    WorkTree,
    /// That of the tip's tree.
    Committed,
}

/// Reads all of them, `tree` being the tip's; what is not there or cannot be read is left out.
pub(crate) fn read(
    repository: &Repository,
    objects: &Objects,
    tree: Option<ObjectId>,
    which: Which,
) -> Mailmap {
    let own = match (which, repository.work_dir()) {
        (Which::WorkTree, Some(top)) => {
            let path = top.join(".mailmap");
            match path.symlink_metadata() {
                // A link or a folder says nothing.
                Ok(found) => found.is_file().then(|| of_path(&path)).flatten(),
                Err(_) => of_tree(objects, tree),
            }
        }
        (_, None) if names_blob(repository) => None,
        (Which::Committed, Some(_)) | (_, None) => of_tree(objects, tree),
    };
    let mut content = Vec::new();
    let parts = [own, of_blob(repository, objects), of_file(repository)];
    for part in parts.into_iter().flatten() {
        content.extend_from_slice(&part);
        content.push(b'\n');
    }
    Mailmap::parse(&content)
}

fn of_tree(objects: &Objects, tree: Option<ObjectId>) -> Option<Vec<u8>> {
    let (mode, id) = Trees::new()
        .lookup(objects, tree?, b".mailmap")
        .ok()
        .flatten()?;
    mode.is_text_candidate()
        .then(|| blob(objects, id))
        .flatten()
}

fn names_blob(repository: &Repository) -> bool {
    let repo = repository.local();
    repo.config_snapshot().string("mailmap.blob").is_some()
}

fn of_blob(repository: &Repository, objects: &Objects) -> Option<Vec<u8>> {
    let repo = repository.local();
    let named = repo.config_snapshot().string("mailmap.blob")?;
    let id = repo.rev_parse_single(named.as_bstr()).ok()?;
    blob(objects, id.detach())
}

fn blob(objects: &Objects, id: ObjectId) -> Option<Vec<u8>> {
    let mut buffer = Vec::new();
    objects.read(id, Kind::Blob, &mut buffer).ok()?;
    Some(buffer)
}

fn of_file(repository: &Repository) -> Option<Vec<u8>> {
    let repo = repository.local();
    let named = repo.config_snapshot().trusted_path("mailmap.file").ok()??;
    // Git's commands run at the top of the work tree, or in the repository where there is none.
    let top = repo.workdir().unwrap_or_else(|| repo.git_dir());
    of_path(&top.join(named))
}

fn of_path(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut content = Vec::new();
    file.take(MAX_BLOB_BYTES).read_to_end(&mut content).ok()?;
    Some(content)
}
