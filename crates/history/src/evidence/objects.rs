//! Reading single objects: bounded blobs, paths in trees, and the lines two blobs have in common.
//!
//! A missing, damaged or oversized object is a `Gap`, never an error that ends the run: the
//! evidence that needed it is left out. Nothing here recurses or follows names out of the tree.

use bstr::ByteSlice;
use gix::ObjectId;
use gix::diff::blob::{Algorithm, InternedInput, diff_with_slider_heuristics, sources::byte_lines};
use gix::objs::Kind;

use crate::repository::{Gap, MAX_BLOB_BYTES, is_binary};
use crate::walk::trees::is_refused_path;

/// Lines that two versions of a text have in common: `len` lines from `old` and from `new`, both
/// counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) old: u32,
    pub(crate) new: u32,
    pub(crate) len: u32,
}

/// The content of a blob of at most `limit` bytes; its size is read before its content.
pub(crate) fn blob(repo: &gix::Repository, id: ObjectId, limit: u64) -> Result<Vec<u8>, Gap> {
    let header = repo
        .try_find_header(id)
        .map_err(|_| Gap::Damaged)?
        .ok_or(Gap::Missing)?;
    if header.kind() != Kind::Blob {
        return Err(Gap::Damaged);
    }
    if header.size() > limit {
        return Err(Gap::TooLarge);
    }
    let mut object = repo.find_object(id).map_err(|_| Gap::Damaged)?;
    Ok(std::mem::take(&mut object.data))
}

/// A text blob, or a gap for binary content (a NUL byte where git looks for one).
pub(crate) fn text(repo: &gix::Repository, id: ObjectId) -> Result<Vec<u8>, Gap> {
    let bytes = blob(repo, id, MAX_BLOB_BYTES)?;
    if is_binary(&bytes) {
        return Err(Gap::Damaged);
    }
    Ok(bytes)
}

/// The blob at a path of a tree; `None` if there is no file (a directory, link or submodule is
/// no file).
pub(crate) fn file_at(
    repo: &gix::Repository,
    tree: ObjectId,
    path: &[u8],
) -> Result<Option<ObjectId>, Gap> {
    file_within(repo, tree, path, &mut 0)
}

/// As [`file_at`]; adds the bytes of the trees that it read to `read`.
pub(crate) fn file_within(
    repo: &gix::Repository,
    tree: ObjectId,
    path: &[u8],
    read: &mut u64,
) -> Result<Option<ObjectId>, Gap> {
    if is_refused_path(path) {
        return Ok(None);
    }
    let mut at = tree;
    let mut parts = path.split(|b| *b == b'/').peekable();
    while let Some(part) = parts.next() {
        let object = repo
            .try_find_object(at)
            .map_err(|_| Gap::Damaged)?
            .ok_or(Gap::Missing)?;
        *read += object.data.len() as u64;
        if object.kind != Kind::Tree {
            return Ok(None);
        }
        let hash = object.id.kind();
        let mut found = None;
        for entry in gix::objs::TreeRefIter::from_bytes(&object.data, hash) {
            let entry = entry.map_err(|_| Gap::Damaged)?;
            if entry.filename == part {
                found = Some((entry.mode, entry.oid.to_owned()));
                break;
            }
        }
        match found {
            Some((mode, oid)) if parts.peek().is_none() => {
                return Ok(mode.is_blob().then_some(oid));
            }
            Some((mode, oid)) if mode.is_tree() => at = oid,
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// The lines that survive from `old` to `new`, in order, by git's default line diff.
pub(crate) fn kept_lines(old: &[u8], new: &[u8]) -> Vec<Kept> {
    let input = InternedInput::new(byte_lines(old), byte_lines(new));
    let diff = diff_with_slider_heuristics(Algorithm::Myers, &input);
    let mut kept = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    let mut keep = |old: u32, new: u32, len: u32| {
        if len > 0 {
            kept.push(Kept { old, new, len });
        }
    };
    for hunk in diff.hunks() {
        keep(old_at, new_at, hunk.before.start - old_at);
        old_at = hunk.before.end;
        new_at = hunk.after.end;
    }
    keep(old_at, new_at, input.before.len() as u32 - old_at);
    kept
}

/// How many lines survive from `old` to `new`, if they are at least one half of the longer one.
pub(crate) fn mostly_kept(old: &[u8], new: &[u8]) -> Option<u32> {
    // Far apart in size, they cannot share half of their lines but by oddity; a diff is dear.
    if old.len().min(new.len()) * 3 < old.len().max(new.len()) {
        return None;
    }
    let common: u32 = kept_lines(old, new).iter().map(|kept| kept.len).sum();
    let longer = old.lines().count().max(new.lines().count()) as u32;
    (common * 2 >= longer.max(1)).then_some(common)
}

/// The lines of `new` that `old` does not have: ranges from 0, in order.
pub(crate) fn added_lines(old: &[u8], new: &[u8]) -> Vec<std::ops::Range<u32>> {
    let input = InternedInput::new(byte_lines(old), byte_lines(new));
    let diff = diff_with_slider_heuristics(Algorithm::Myers, &input);
    diff.hunks()
        .map(|h| h.after)
        .filter(|after| !after.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_around_an_insertion_are_kept_and_shifted() {
        let kept = kept_lines(b"a\nb\nc\n", b"x\na\nb\ny\nc\n");
        assert_eq!(
            kept,
            [
                Kept {
                    old: 0,
                    new: 1,
                    len: 2
                },
                Kept {
                    old: 2,
                    new: 4,
                    len: 1
                }
            ]
        );
        assert_eq!(added_lines(b"a\nb\nc\n", b"x\na\nb\ny\nc\n"), [0..1, 3..4]);
    }

    #[test]
    fn texts_without_a_common_line_keep_nothing() {
        assert!(kept_lines(b"a\n", b"b\n").is_empty());
        assert!(kept_lines(b"", b"b\n").is_empty());
    }
}
