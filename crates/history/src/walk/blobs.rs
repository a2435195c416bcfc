//! Contents and line diffs of blobs, shared by all threads of one walk.
//!
//! Blobs are interned to small numbers. A line diff depends on two blobs only, so each pair is
//! computed once, whichever shard or table asks first; contents are cached per thread.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use gix::ObjectId;
use gix::objs::Kind;
use rustc_hash::FxHashMap;

use crate::repository::{Gap, Objects, of_one_thread};
use crate::walk::lines::{Hunk, LineDiffer};

/// Number of a blob (or link target, or submodule commit) in [`BlobTable`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct BlobIx(pub(crate) u32);

/// Bytes of blob contents kept by one thread.
const CONTENT_CACHE_BYTES: usize = 48 << 20;

/// Locks are split this many ways, so that two threads seldom meet.
const STRIPES: usize = 64;

/// All object ids that the walk talks about.
#[derive(Debug, Default)]
pub(crate) struct BlobTable {
    inner: RwLock<BlobIds>,
}

#[derive(Debug, Default)]
struct BlobIds {
    ids: Vec<ObjectId>,
    index: FxHashMap<ObjectId, BlobIx>,
}

impl BlobTable {
    pub(crate) fn id(&self, ix: BlobIx) -> ObjectId {
        self.inner
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .ids[ix.0 as usize]
    }

    /// All ids, by number.
    pub(crate) fn ids(&self) -> Vec<ObjectId> {
        self.inner
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .ids
            .clone()
    }

    pub(crate) fn intern(&self, id: ObjectId) -> BlobIx {
        if let Some(ix) = self
            .inner
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .index
            .get(&id)
        {
            return *ix;
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let next = BlobIx(inner.ids.len() as u32);
        let ix = *inner.index.entry(id).or_insert(next);
        if ix == next {
            inner.ids.push(id);
        }
        ix
    }
}

type Key = (BlobIx, BlobIx);
type Hunks = Arc<[Hunk]>;

/// Line diffs computed so far.
#[derive(Debug)]
pub(crate) struct DiffMemo {
    stripes: Vec<Mutex<FxHashMap<Key, Result<Hunks, Gap>>>>,
}

impl Default for DiffMemo {
    fn default() -> Self {
        Self {
            stripes: (0..STRIPES).map(|_| Mutex::default()).collect(),
        }
    }
}

impl DiffMemo {
    fn stripe(&self, key: Key) -> &Mutex<FxHashMap<Key, Result<Hunks, Gap>>> {
        let mixed = key.0.0.wrapping_mul(0x9E37_79B1) ^ key.1.0.wrapping_mul(0x85EB_CA77);
        &self.stripes[(mixed >> 16) as usize % STRIPES]
    }
}

/// What one thread needs to read and compare blobs.
#[derive(Debug)]
pub(crate) struct Blobs<'w> {
    pub(crate) objects: Objects,
    table: &'w BlobTable,
    memo: &'w DiffMemo,
    contents: FxHashMap<BlobIx, Result<Arc<[u8]>, Gap>>,
    bytes: usize,
    buffer: Vec<u8>,
    differ: LineDiffer,
}

impl<'w> Blobs<'w> {
    pub(crate) fn new(objects: Objects, table: &'w BlobTable, memo: &'w DiffMemo) -> Self {
        Self {
            objects,
            table,
            memo,
            contents: FxHashMap::default(),
            bytes: 0,
            buffer: Vec::new(),
            differ: LineDiffer::default(),
        }
    }

    pub(crate) fn size(&self, ix: BlobIx) -> Result<u64, Gap> {
        self.objects.blob_size(self.table.id(ix))
    }

    pub(crate) fn content(&mut self, ix: BlobIx) -> Result<Arc<[u8]>, Gap> {
        if let Some(known) = self.contents.get(&ix) {
            return known.clone();
        }
        let read = self
            .objects
            .read(self.table.id(ix), Kind::Blob, &mut self.buffer)
            .map(|()| Arc::<[u8]>::from(self.buffer.as_slice()));
        let cost = read.as_ref().map_or(0, |content| content.len());
        if self.bytes + cost > of_one_thread(CONTENT_CACHE_BYTES) {
            self.contents.clear();
            self.bytes = 0;
        }
        self.bytes += cost;
        self.contents.insert(ix, read.clone());
        read
    }

    /// The line diff from `before` to `after`.
    pub(crate) fn hunks(&mut self, before: BlobIx, after: BlobIx) -> Result<Hunks, Gap> {
        let stripe = self.memo.stripe((before, after));
        if let Some(known) = stripe
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(before, after))
        {
            return known.clone();
        }
        let computed = self.compute(before, after);
        stripe
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((before, after), computed.clone());
        computed
    }

    fn compute(&mut self, before: BlobIx, after: BlobIx) -> Result<Hunks, Gap> {
        let new = self.content(after)?;
        let old = self.content(before)?;
        Ok(self.differ.hunks(&old, &new).into())
    }
}
