//! A [`Memory`] in the cache: a base, and beside it one segment with all that changed since.
//!
//! Interfaces lie in segments of their own, which are read only when an analysis wants one. Each
//! segment names the base that it belongs to; what does not fit together is absent. A run that
//! changed little writes the small segment alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use trueline_cache::{Cache, CacheError, Key, Kind};
use trueline_facts::RepoPath;
use trueline_taint::{Digest, Hasher, UnitMemory};

use super::{FileMemory, Memory};
use crate::artifacts::CleanModels;

const KIND: Kind = Kind::new("scan");

/// Bytes of interfaces in one segment.
const SHARD_BYTES: usize = 256 << 10;

/// A base is written anew when more than one file in this many has changed since.
const REBASE: usize = 16;

/// Where the memory of one tree, under one set of rules, is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    cache: Cache,
    /// Stands for tree, rules and program.
    scope: Digest,
    base: Option<Base>,
}

#[derive(Clone, Debug)]
struct Base {
    id: Digest,
    /// The files in it.
    paths: FxHashSet<RepoPath>,
    /// Files that differ from it or are new.
    changed: BTreeSet<RepoPath>,
    removed: BTreeSet<RepoPath>,
}

#[derive(Serialize, Deserialize)]
struct BaseContent {
    shape: Digest,
    files: Vec<(RepoPath, FileMemory)>,
    /// Interfaces of each segment.
    shards: Vec<Vec<Digest>>,
}

#[derive(Serialize, Deserialize)]
struct ChangeContent {
    base: Digest,
    shape: Digest,
    changed: Vec<(RepoPath, FileMemory)>,
    removed: Vec<RepoPath>,
    interfaces: Vec<(Digest, Vec<u8>)>,
}

#[derive(Serialize, Deserialize)]
struct ShardContent {
    base: Digest,
    interfaces: Vec<(Digest, Vec<u8>)>,
}

impl Stored {
    /// In a cache; `tree` stands for where the tree is, `rules` for rules.
    pub(crate) fn new(cache: Cache, tree: &[u8], rules: Digest) -> Self {
        let mut hash = Hasher::new("scan/1");
        hash.bytes(tree);
        hash.digest(rules);
        hash.bytes(env!("TRUELINE_SOURCES").as_bytes());
        Self {
            cache,
            scope: hash.finish(),
            base: None,
        }
    }

    /// The same tree under other rules.
    pub(crate) fn with_rules(&self, tree: &[u8], rules: Digest) -> Self {
        Self::new(self.cache.clone(), tree, rules)
    }

    fn read(&self, part: &str) -> Option<Vec<u8>> {
        self.cache.read(KIND, &self.key(part)?)
    }

    fn key(&self, part: &str) -> Option<Key> {
        Key::new(format!("{}-{part}", self.scope.to_hex())).ok()
    }

    fn write(&self, part: &str, bytes: &[u8]) -> Result<(), CacheError> {
        match self.key(part) {
            Some(key) => self.cache.write(KIND, &key, bytes),
            None => Ok(()),
        }
    }

    /// The models that were clean.
    pub(crate) fn models(&self) -> CleanModels {
        self.read("models")
            .and_then(|bytes| serde_json::from_slice::<Vec<_>>(&bytes).ok())
            .map(|list| list.into_iter().collect())
            .unwrap_or_default()
    }

    /// Keeps them.
    pub(crate) fn write_models(&self, models: &CleanModels) -> Result<(), CacheError> {
        let mut list: Vec<_> = models.iter().collect();
        list.sort_by_key(|(path, _)| *path);
        match serde_json::to_vec(&list) {
            Ok(bytes) => self.write("models", &bytes),
            Err(_) => Ok(()),
        }
    }

    /// What was stored; nothing if there is nothing whole.
    pub(crate) fn load(&mut self) -> Memory {
        self.load_whole().unwrap_or_default()
    }

    fn load_whole(&mut self) -> Option<Memory> {
        let bytes = self.read("base")?;
        let id = Digest::of(&bytes);
        let base: BaseContent = postcard::from_bytes(&bytes).ok()?;
        drop(bytes);
        let paths = base.files.iter().map(|(path, _)| path.clone()).collect();
        let mut memory = Memory {
            shape: Some(base.shape),
            files: base.files.into_iter().collect(),
            interfaces: Interfaces::default(),
        };
        let mut known = Base {
            id,
            paths,
            changed: BTreeSet::new(),
            removed: BTreeSet::new(),
        };
        for (at, shard) in base.shards.into_iter().enumerate() {
            let places = shard.into_iter().map(|digest| (digest, at as u32));
            memory.interfaces.stored.extend(places);
            memory.interfaces.shards.push(OnceLock::new());
        }
        let changes = self
            .read("changes")
            .and_then(|bytes| postcard::from_bytes::<ChangeContent>(&bytes).ok())
            .filter(|changes| changes.base == id);
        if let Some(changes) = changes {
            memory.shape = Some(changes.shape);
            for path in changes.removed {
                memory.files.remove(&path);
                known.removed.insert(path);
            }
            for (path, file) in changes.changed {
                known.changed.insert(path.clone());
                memory.files.insert(path, file);
            }
            let made = changes.interfaces.into_iter();
            let made = made.map(|(digest, bytes)| (digest, bytes.into()));
            memory.interfaces.made.extend(made);
        }
        memory.interfaces.home = Some(Home {
            stored: self.clone(),
            base: id,
        });
        self.base = Some(known);
        Some(memory)
    }

    /// Notes what a run changed, before it is saved; says whether there is anything to save. A file in
    /// which a secret stands is not stored.
    pub(crate) fn note(
        &mut self,
        memory: &Memory,
        changed: &[RepoPath],
        removed: &[RepoPath],
    ) -> bool {
        let Some(base) = &mut self.base else {
            return true;
        };
        let is_open = |path: &&RepoPath| {
            let file = memory.files.get(*path);
            file.is_none_or(FileMemory::may_be_stored)
        };
        let (open, secret): (Vec<&RepoPath>, Vec<&RepoPath>) = changed.iter().partition(is_open);
        let mut news = !open.is_empty();
        base.changed.extend(open.into_iter().cloned());
        for path in removed.iter().chain(secret) {
            news |= base.changed.remove(path);
            if base.paths.contains(path) {
                news |= base.removed.insert(path.clone());
            }
        }
        news
    }

    /// Stores what changed since the base, or all of it.
    pub(crate) fn save(&mut self, memory: &mut Memory) -> Result<(), CacheError> {
        let Some(shape) = memory.shape else {
            return Ok(());
        };
        match &self.base {
            Some(base)
                if (base.changed.len() + base.removed.len()) * REBASE <= memory.files.len() =>
            {
                let changed: Vec<(RepoPath, FileMemory)> = base
                    .changed
                    .iter()
                    .filter_map(|path| Some((path.clone(), memory.files.get(path)?.clone())))
                    .collect();
                let wanted: BTreeSet<Digest> = changed
                    .iter()
                    .flat_map(|(_, file)| interfaces(file))
                    .collect();
                let kept = memory.kept_here();
                let made = &mut memory.interfaces.made;
                // All others are in the base.
                made.retain(|digest, _| wanted.contains(digest) || kept.contains(digest));
                let content = ChangeContent {
                    base: base.id,
                    shape,
                    changed,
                    removed: base.removed.iter().cloned().collect(),
                    interfaces: wanted
                        .into_iter()
                        .filter_map(|digest| Some((digest, made.get(&digest)?.to_vec())))
                        .collect(),
                };
                match postcard::to_stdvec(&content) {
                    Ok(bytes) => self.write("changes", &bytes),
                    Err(_) => Ok(()),
                }
            }
            _ => self.save_base(shape, memory),
        }
    }

    fn save_base(&mut self, shape: Digest, memory: &mut Memory) -> Result<(), CacheError> {
        let mut files: Vec<(RepoPath, FileMemory)> = memory
            .files
            .iter()
            .filter(|(_, file)| file.may_be_stored())
            .map(|(path, file)| (path.clone(), file.clone()))
            .collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        // Interfaces of files that lie together are wanted together.
        let mut shards: Vec<Vec<(Digest, Vec<u8>)>> = Vec::new();
        let mut seen: BTreeSet<Digest> = BTreeSet::new();
        let mut bytes = usize::MAX;
        for digest in files.iter().flat_map(|(_, file)| interfaces(file)) {
            if !seen.insert(digest) {
                continue;
            }
            let Some(interface) = memory.interfaces.get(digest) else {
                continue;
            };
            if bytes > SHARD_BYTES {
                shards.push(Vec::new());
                bytes = 0;
            }
            bytes += interface.len();
            if let Some(shard) = shards.last_mut() {
                shard.push((digest, interface.to_vec()));
            }
        }
        let content = BaseContent {
            shape,
            files,
            shards: shards
                .iter()
                .map(|shard| shard.iter().map(|(digest, _)| *digest).collect())
                .collect(),
        };
        let Ok(base) = postcard::to_stdvec(&content) else {
            return Ok(());
        };
        let id = Digest::of(&base);
        for (at, interfaces) in shards.into_iter().enumerate() {
            let content = ShardContent {
                base: id,
                interfaces,
            };
            if let Ok(bytes) = postcard::to_stdvec(&content) {
                self.write(&shard_name(at as u32), &bytes)?;
            }
        }
        self.write("base", &base)?;
        let paths = content.files.iter().map(|(path, _)| path.clone()).collect();
        let mut stored = FxHashMap::default();
        let count = content.shards.len();
        for (at, shard) in content.shards.into_iter().enumerate() {
            stored.extend(shard.into_iter().map(|digest| (digest, at as u32)));
        }
        let kept = memory.kept_here();
        let mut made = std::mem::take(&mut memory.interfaces.made);
        made.retain(|digest, _| kept.contains(digest));
        memory.interfaces = Interfaces {
            made,
            stored,
            shards: (0..count).map(|_| OnceLock::new()).collect(),
            home: Some(Home {
                stored: self.clone(),
                base: id,
            }),
        };
        self.base = Some(Base {
            id,
            paths,
            changed: BTreeSet::new(),
            removed: BTreeSet::new(),
        });
        Ok(())
    }
}

impl Memory {
    /// Interfaces of files that are not stored.
    fn kept_here(&self) -> BTreeSet<Digest> {
        let files = self.files.values().filter(|file| !file.may_be_stored());
        files.flat_map(interfaces).collect()
    }
}

fn shard_name(at: u32) -> String {
    format!("interfaces-{at}")
}

fn interfaces(file: &FileMemory) -> impl Iterator<Item = Digest> + '_ {
    file.unit.iter().flat_map(UnitMemory::interfaces)
}

/// Interfaces by their digests: made by this process, or in the cache.
#[derive(Debug, Default)]
pub(crate) struct Interfaces {
    pub(super) made: BTreeMap<Digest, Arc<[u8]>>,
    stored: FxHashMap<Digest, u32>,
    shards: Vec<OnceLock<Shard>>,
    home: Option<Home>,
}

type Shard = FxHashMap<Digest, Arc<[u8]>>;

#[derive(Debug)]
struct Home {
    stored: Stored,
    base: Digest,
}

impl Interfaces {
    /// An interface; `None` if it is lost.
    pub(crate) fn get(&self, digest: Digest) -> Option<Arc<[u8]>> {
        if let Some(made) = self.made.get(&digest) {
            return Some(Arc::clone(made));
        }
        let at = *self.stored.get(&digest)?;
        let shard = self.shards.get(at as usize)?.get_or_init(|| {
            let read = || {
                let home = self.home.as_ref()?;
                let bytes = home.stored.read(&shard_name(at))?;
                let content: ShardContent = postcard::from_bytes(&bytes).ok()?;
                (content.base == home.base).then_some(content.interfaces)
            };
            let all = read().unwrap_or_default().into_iter();
            all.map(|(digest, bytes)| (digest, bytes.into())).collect()
        });
        shard.get(&digest).cloned()
    }

    /// Adds what a run made.
    pub(crate) fn add(&mut self, made: BTreeMap<Digest, Arc<[u8]>>) {
        self.made.extend(made);
    }
}
