//! Where signals read the few blobs whose content decides: manifests, workflows, settings.

use bstr::ByteSlice;
use gix::ObjectId;
use trueline_facts::RepoPath;

use crate::walk::trees::is_refused_path;

/// Blobs above this are not looked at: hardly a file that people write is that large.
const LARGEST: u64 = 8 << 20;

/// The object is missing, damaged, too large or no file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the object is missing, damaged, too large or no file")]
pub struct Unreadable;

/// Hands out contents of blobs.
pub trait Source: std::fmt::Debug {
    /// The content of a blob; `None` when it cannot be read.
    fn blob(&self, id: ObjectId) -> Option<Vec<u8>>;

    /// The content of the file at a path of a tree; `Ok(None)` when the tree has none there.
    fn at(&self, tree: ObjectId, path: &RepoPath) -> Result<Option<Vec<u8>>, Unreadable>;
}

impl Source for gix::Repository {
    fn blob(&self, id: ObjectId) -> Option<Vec<u8>> {
        let header = self.try_find_header(id).ok()??;
        if header.kind() != gix::objs::Kind::Blob || header.size() > LARGEST {
            return None;
        }
        Some(std::mem::take(&mut self.find_object(id).ok()?.data))
    }

    fn at(&self, tree: ObjectId, path: &RepoPath) -> Result<Option<Vec<u8>>, Unreadable> {
        if is_refused_path(path.as_bytes()) {
            return Ok(None);
        }
        let root = self
            .try_find_object(tree)
            .map_err(|_| Unreadable)?
            .ok_or(Unreadable)?
            .try_into_tree()
            .map_err(|_| Unreadable)?;
        let parts = path.as_bytes().split_str("/");
        let Some(entry) = root.lookup_entry(parts).map_err(|_| Unreadable)? else {
            return Ok(None);
        };
        if !entry.mode().is_blob() {
            return Ok(None);
        }
        self.blob(entry.object_id()).map(Some).ok_or(Unreadable)
    }
}
