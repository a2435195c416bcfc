//! Trees: cached raw objects, a path looked up in one, and the paths that differ between two.
//!
//! The comparison walks both trees at once in git's order with an explicit stack and skips equal
//! ids. A tree that cannot be read is a gap: the paths under it come out as [`Before::Unknown`].
//! An entry whose name would lead out of a work tree or into its git directory is a gap as well.
//! Depth and number of paths are bounded, since a few hostile trees can name billions of paths.

use std::cmp::Ordering;
use std::sync::Arc;

use gix::ObjectId;
use gix::objs::Kind;
use rustc_hash::FxHashMap;

use crate::repository::{Gap, Objects};

/// Nesting beyond this is not followed (git's own limit is 2048).
const MAX_DEPTH: usize = 2048;
/// Paths that one comparison may yield.
const MAX_PATHS: usize = 8 << 20;
/// Bytes of trees kept by one thread.
const CACHE_BYTES: usize = 48 << 20;

/// What a tree entry is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub(crate) enum Mode {
    Regular = 0,
    Executable = 1,
    Link = 2,
    Submodule = 3,
}

impl Mode {
    /// A regular file, executable or not.
    pub(crate) const fn is_text_candidate(self) -> bool {
        matches!(self, Self::Regular | Self::Executable)
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Regular,
            1 => Self::Executable,
            2 => Self::Link,
            3 => Self::Submodule,
            _ => return None,
        })
    }
}

/// One side of a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Before {
    /// No such path.
    Absent,
    /// There, with this content.
    Present(Mode, ObjectId),
    /// The tree that would tell is not readable.
    Unknown,
}

/// A path that differs between two trees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference<'a> {
    pub(crate) path: &'a [u8],
    pub(crate) before: Before,
    pub(crate) after: Option<(Mode, ObjectId)>,
}

/// Whether a comparison is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Limits {
    /// Trees that were not readable, and entries with a name that git refuses.
    pub(crate) gaps: u32,
    /// A bound was met and paths were left out.
    pub(crate) cut: bool,
    /// Files may be gone that were not yielded: a new one may be one of them under another name.
    pub(crate) hides_gone: bool,
    /// Files may be new that were not yielded: one that is gone may be one of them under another name.
    pub(crate) hides_new: bool,
}

impl Limits {
    /// Notes that what is behind an entry of the old tree, of the new one or of both is not yielded.
    const fn hide(&mut self, old: bool, new: bool) {
        self.hides_gone |= old;
        self.hides_new |= new;
    }

    /// Notes an entry with a name that git refuses. A file that is on both sides is neither gone nor new.
    fn refuse(&mut self, old: Option<&Entry<'_>>, new: Option<&Entry<'_>>) {
        self.gaps += 1;
        let is_file = |entry: Option<&Entry<'_>>| entry.is_some_and(|entry| !entry.is_tree());
        if !(is_file(old) && is_file(new)) {
            self.hide(old.is_some(), new.is_some());
        }
    }
}

/// An entry of a directory: its name, its mode (none for a directory), its object.
pub(crate) type Listed = (Vec<u8>, Option<Mode>, ObjectId);

#[derive(Clone, Copy)]
struct Entry<'a> {
    mode: Option<Mode>,
    name: &'a [u8],
    id: ObjectId,
}

impl Entry<'_> {
    const fn is_tree(&self) -> bool {
        self.mode.is_none()
    }
}

/// Decodes the entry at `at` and moves `at` behind it; `None` at the end or at damage.
fn next_entry<'a>(raw: &'a [u8], at: &mut usize, hash_len: usize) -> Option<Entry<'a>> {
    let rest = raw.get(*at..)?;
    let space = memchr::memchr(b' ', rest.get(..rest.len().min(12))?)?;
    let mut mode = 0u32;
    for digit in &rest[..space] {
        if !(b'0'..=b'7').contains(digit) {
            return None;
        }
        mode = (mode << 3) | u32::from(digit - b'0');
    }
    let named = rest.get(space + 1..)?;
    let nul = memchr::memchr(0, named)?;
    let name = &named[..nul];
    let id = named.get(nul + 1..nul + 1 + hash_len)?;
    *at += space + 1 + nul + 1 + hash_len;
    let mode = match mode & 0o170_000 {
        0o040_000 => None,
        0o120_000 => Some(Mode::Link),
        0o160_000 => Some(Mode::Submodule),
        _ if mode & 0o100 != 0 => Some(Mode::Executable),
        _ => Some(Mode::Regular),
    };
    Some(Entry {
        mode,
        name,
        id: ObjectId::try_from(id).ok()?,
    })
}

/// Names that no work tree may hold, as in git: paths become places on a disk, and a tree is written
/// by whoever wrote the repository.
pub(crate) fn is_refused(name: &[u8]) -> bool {
    matches!(name, b"" | b"." | b"..")
        || name.eq_ignore_ascii_case(b".git")
        || memchr::memchr2(b'/', 0, name).is_some()
        || (cfg!(windows) && memchr::memchr2(b'\\', b':', name).is_some())
}

/// Whether any name of a path is refused.
pub(crate) fn is_refused_path(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(is_refused)
}

/// Git's order of names inside a tree: a directory sorts as if its name ended in `/`.
fn compare(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let common = a.name.len().min(b.name.len());
    a.name[..common]
        .cmp(&b.name[..common])
        .then_with(|| tail(a, common).cmp(&tail(b, common)))
        .then_with(|| a.name.len().cmp(&b.name.len()))
}

fn tail(entry: &Entry<'_>, at: usize) -> u8 {
    match entry.name.get(at) {
        Some(byte) => *byte,
        None if entry.is_tree() => b'/',
        None => 0,
    }
}

/// One thread's cache of raw trees.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    cache: FxHashMap<ObjectId, Arc<[u8]>>,
    bytes: usize,
    buffer: Vec<u8>,
}

/// A pair of directories being compared.
struct Frame {
    before: Side,
    before_at: usize,
    after: Option<Arc<[u8]>>,
    after_at: usize,
    path_len: usize,
}

enum Side {
    Absent,
    Tree(Arc<[u8]>),
    Unknown,
}

impl Trees {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn raw(&mut self, objects: &Objects, id: ObjectId) -> Result<Arc<[u8]>, Gap> {
        if let Some(raw) = self.cache.get(&id) {
            return Ok(Arc::clone(raw));
        }
        objects.read(id, Kind::Tree, &mut self.buffer)?;
        let raw: Arc<[u8]> = Arc::from(self.buffer.as_slice());
        if self.bytes + raw.len() > CACHE_BYTES {
            self.cache.clear();
            self.bytes = 0;
        }
        self.bytes += raw.len();
        self.cache.insert(id, Arc::clone(&raw));
        Ok(raw)
    }

    /// What `path` is in a tree; `Ok(None)` if it is not there or is a directory.
    pub(crate) fn lookup(
        &mut self,
        objects: &Objects,
        root: ObjectId,
        path: &[u8],
    ) -> Result<Option<(Mode, ObjectId)>, Gap> {
        let mut tree = root;
        let mut parts = path.split(|byte| *byte == b'/').peekable();
        while let Some(part) = parts.next() {
            let found = self.entry(objects, tree, part, parts.peek().is_some())?;
            match found {
                Some((None, id)) => tree = id,
                Some((Some(mode), id)) => return Ok(Some((mode, id))),
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// What `path` is in the old tree, if it is not the same thing there as in the new one;
    /// `Ok(None)` if it is the same.
    #[expect(
        clippy::option_option,
        reason = "unchanged, or changed from something or nothing"
    )]
    pub(crate) fn lookup_changed(
        &mut self,
        objects: &Objects,
        old: ObjectId,
        new: ObjectId,
        path: &[u8],
    ) -> Result<Option<Option<(Mode, ObjectId)>>, Gap> {
        let (mut old, mut new) = (old, new);
        let mut rest = path;
        loop {
            if old == new {
                return Ok(None);
            }
            let slash = memchr::memchr(b'/', rest);
            let part = &rest[..slash.unwrap_or(rest.len())];
            let before = self.entry(objects, old, part, slash.is_some())?;
            let after = self.entry(objects, new, part, slash.is_some())?;
            match (before, after, slash) {
                (Some((None, a)), Some((None, b)), Some(slash)) => {
                    (old, new) = (a, b);
                    rest = &rest[slash + 1..];
                }
                (before, after, None) if before == after => return Ok(None),
                (Some((Some(mode), id)), _, None) => return Ok(Some(Some((mode, id)))),
                _ => return Ok(Some(None)),
            }
        }
    }

    /// An entry by name; no mode means a directory.
    fn entry(
        &mut self,
        objects: &Objects,
        tree: ObjectId,
        name: &[u8],
        is_tree: bool,
    ) -> Result<Option<(Option<Mode>, ObjectId)>, Gap> {
        if is_refused(name) {
            return Ok(None);
        }
        let raw = self.raw(objects, tree)?;
        let mut at = 0;
        while let Some(entry) = next_entry(&raw, &mut at, objects.hash_len()) {
            if entry.name == name && entry.is_tree() == is_tree {
                return Ok(Some((entry.mode, entry.id)));
            }
        }
        Ok(None)
    }

    /// The entries of one directory, in its order; no mode means a directory.
    pub(crate) fn list(&mut self, objects: &Objects, tree: ObjectId) -> Result<Vec<Listed>, Gap> {
        let raw = self.raw(objects, tree)?;
        let mut at = 0;
        let mut entries = Vec::new();
        while let Some(entry) = next_entry(&raw, &mut at, objects.hash_len()) {
            if !is_refused(entry.name) {
                entries.push((entry.name.to_vec(), entry.mode, entry.id));
            }
        }
        Ok(entries)
    }

    /// Yields every path that differs, in byte order. `before` is `None` for "no tree at all".
    pub(crate) fn differences(
        &mut self,
        objects: &Objects,
        before: Option<ObjectId>,
        after: ObjectId,
        yield_path: impl FnMut(Difference<'_>),
    ) -> Limits {
        self.differences_within(objects, before, after, |_| true, yield_path)
    }

    /// As [`Self::differences`], of the files and directories that are wanted: nothing below a
    /// directory that is not is looked at.
    pub(crate) fn differences_within(
        &mut self,
        objects: &Objects,
        before: Option<ObjectId>,
        after: ObjectId,
        is_wanted: impl Fn(&[u8]) -> bool,
        mut yield_path: impl FnMut(Difference<'_>),
    ) -> Limits {
        let mut limits = Limits::default();
        if before == Some(after) {
            return limits;
        }
        let Ok(after) = self.raw(objects, after) else {
            limits.gaps += 1;
            limits.hide(before.is_some(), true);
            return limits;
        };
        let before = before.map_or(Side::Absent, |id| self.side(objects, id, &mut limits));
        let is_lost = matches!(before, Side::Unknown);
        limits.hide(is_lost, is_lost);
        let mut path: Vec<u8> = Vec::new();
        let mut yielded = 0usize;
        let mut stack = vec![Frame {
            before,
            before_at: 0,
            after: Some(after),
            after_at: 0,
            path_len: 0,
        }];
        while let Some(frame) = stack.last_mut() {
            let (before_raw, after_raw) = (frame.before.raw(), frame.after.clone());
            let pair = frame.advance(
                before_raw.as_deref(),
                after_raw.as_deref(),
                objects.hash_len(),
            );
            let Some((old, new)) = pair else {
                stack.pop();
                continue;
            };
            if let (Some(old), Some(new)) = (&old, &new)
                && old.id == new.id
                && old.mode == new.mode
            {
                continue;
            }
            if old.iter().chain(&new).any(|entry| is_refused(entry.name)) {
                limits.refuse(old.as_ref(), new.as_ref());
                continue;
            }
            let nothing = match frame.before {
                Side::Unknown => Before::Unknown,
                Side::Absent | Side::Tree(_) => Before::Absent,
            };
            path.truncate(frame.path_len);
            if frame.path_len > 0 {
                path.push(b'/');
            }
            path.extend(old.iter().chain(&new).take(1).flat_map(|entry| entry.name));
            if !is_wanted(&path) {
                continue;
            }

            let old_tree = old.filter(Entry::is_tree).map(|entry| entry.id);
            let new_tree = new.filter(Entry::is_tree).map(|entry| entry.id);
            if old_tree.is_some() || new_tree.is_some() {
                if stack.len() >= MAX_DEPTH {
                    limits.cut = true;
                    limits.hide(old_tree.is_some(), new_tree.is_some());
                    continue;
                }
                let before = match (old_tree, nothing) {
                    (Some(id), _) => self.side(objects, id, &mut limits),
                    (None, Before::Unknown) => Side::Unknown,
                    (None, _) => Side::Absent,
                };
                let after = new_tree.map(|id| self.side(objects, id, &mut limits));
                if matches!(before, Side::Unknown) || matches!(after, Some(Side::Unknown)) {
                    limits.hide(old_tree.is_some(), new_tree.is_some());
                }
                // What a tree that cannot be read held before is not deleted.
                if matches!(after, Some(Side::Unknown)) {
                    continue;
                }
                stack.push(Frame {
                    before,
                    before_at: 0,
                    after: after.and_then(|side| side.raw()),
                    after_at: 0,
                    path_len: path.len(),
                });
                continue;
            }
            if yielded >= MAX_PATHS {
                limits.cut = true;
                limits.hide(true, true);
                break;
            }
            yielded += 1;
            yield_path(Difference {
                path: &path,
                before: old
                    .and_then(|entry| Some(Before::Present(entry.mode?, entry.id)))
                    .unwrap_or(nothing),
                after: new.and_then(|entry| Some((entry.mode?, entry.id))),
            });
        }
        limits
    }

    fn side(&mut self, objects: &Objects, id: ObjectId, limits: &mut Limits) -> Side {
        self.raw(objects, id).map_or_else(
            |_| {
                limits.gaps += 1;
                Side::Unknown
            },
            Side::Tree,
        )
    }
}

impl Side {
    fn raw(&self) -> Option<Arc<[u8]>> {
        match self {
            Self::Tree(raw) => Some(Arc::clone(raw)),
            Self::Absent | Self::Unknown => None,
        }
    }
}

impl Frame {
    /// The next name of either side, with what each has under it; `None` at the end of both.
    fn advance<'a>(
        &mut self,
        before: Option<&'a [u8]>,
        after: Option<&'a [u8]>,
        hash_len: usize,
    ) -> Option<(Option<Entry<'a>>, Option<Entry<'a>>)> {
        let (mut before_at, mut after_at) = (self.before_at, self.after_at);
        let old = before.and_then(|raw| next_entry(raw, &mut before_at, hash_len));
        let new = after.and_then(|raw| next_entry(raw, &mut after_at, hash_len));
        let order = match (&old, &new) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => compare(old, new),
        };
        if order != Ordering::Greater {
            self.before_at = before_at;
        }
        if order != Ordering::Less {
            self.after_at = after_at;
        }
        Some((
            old.filter(|_| order != Ordering::Greater),
            new.filter(|_| order != Ordering::Less),
        ))
    }
}
