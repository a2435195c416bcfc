//! Where the mailmap of a history comes from: `.mailmap` of the tip's tree, then the blob and the file
//! that this repository's own configuration names (`mailmap.blob`, `mailmap.file`); as in git, a later
//! one has the last word.
//!
//! The tip's tree and not the work tree's file, so that a bare clone gives the same answer. Settings
//! of the user and of the machine are not read: only who configures the repository may change a result.

use std::fs::File;
use std::io::Read;

use bstr::ByteSlice;
use gix::ObjectId;
use gix::objs::Kind;

use crate::model::Mailmap;
use crate::repository::{MAX_BLOB_BYTES, Objects, Repository};
use crate::walk::trees::Trees;

/// Reads all of them, `tree` being the tip's; what is not there or cannot be read is left out.
pub(crate) fn read(repository: &Repository, objects: &Objects, tree: Option<ObjectId>) -> Mailmap {
    let mut content = Vec::new();
    let parts = [
        of_tree(objects, tree),
        of_blob(repository, objects),
        of_file(repository),
    ];
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
    let file = File::open(top.join(named)).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut content = Vec::new();
    file.take(MAX_BLOB_BYTES).read_to_end(&mut content).ok()?;
    Some(content)
}
