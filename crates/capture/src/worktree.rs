//! What differs from HEAD: the files that a shell command may have changed.
//!
//! A file whose stat is the one that it had with the content of the index is not read; the stats are
//! those of the last look (`snapshot`) or, where git wrote the index since, the index's own. Each
//! tracked file is asked for, on several threads: no folder tells of a change inside of its files.
//! Everything is bounded; a list that was cut says so, and then nothing is credited on its strength.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::ByteSlice;
use gix::index::entry::{Flags, Mode};
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::RepoPath;

use crate::lines::{LARGEST_FILE, LineKey};
use crate::place::Place;
use crate::queue::{FileState, Store};
use crate::rest::{Rest, Task};
use crate::snapshot::{File, Files, Folder, Known, Name, Read, Snapshot, Stamp, Watch};
use crate::staged::staged;
use crate::stat::{self, OpenFolder, Stat};
use crate::untracked::{self, IGNORE_FILE, Ignores};

/// Files that may differ before the list is cut.
const MOST_FILES: usize = 500;

/// Bytes of them that are read.
const MOST_BYTES: u64 = 24 << 20;

/// Tracked files beyond which a look would take too long for a hook.
const MOST_TRACKED: usize = 60_000;

/// Tracked files that a hook asks for before it answers, if there are more.
const MOST_AT_ONCE: usize = 1_000;

/// Threads that ask for stats.
const MOST_THREADS: usize = 8;

/// Folders for which another thread is worth its start: what a hook looks at before it answers is one thread's, for
/// on a busy machine a second one is waited for.
const FOLDERS_A_THREAD: usize = 100;

const SNAPSHOT: &str = "snapshot";

/// The files that differ from HEAD.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Each as it is now.
    pub(crate) files: Vec<FileState>,
    /// Nothing was left out.
    pub(crate) whole: bool,
}

/// What a path holds.
pub(crate) enum Content {
    Text(Vec<u8>),
    Absent,
    /// A link, a folder, something too large or that may not be read.
    Other,
}

/// Reads a file of a work tree, not following a link at its end or on the way.
pub(crate) fn content(work_tree: &Path, path: &Path) -> Content {
    let on_the_way = path.ancestors().skip(1);
    let mut within =
        on_the_way.take_while(|folder| folder.starts_with(work_tree) && *folder != work_tree);
    if within.any(|folder| fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_symlink())) {
        return Content::Absent;
    }
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() <= LARGEST_FILE => {
            fs::read(path).map_or(Content::Other, Content::Text)
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Content::Absent
        }
        Ok(_) | Err(_) => Content::Other,
    }
}

/// Opens the repository by its own configuration alone.
pub(crate) fn open(place: &Place) -> Option<gix::Repository> {
    gix::open_opts(&place.work_tree, gix::open::Options::isolated()).ok()
}

/// Everything in a work tree that HEAD does not have.
pub(crate) fn look(place: &Place, store: &Store, key: &LineKey) -> io::Result<Look> {
    let stamp = Stamp::of(place, &place.ground().head);
    let kept = Snapshot::load(&store.folder().join(SNAPSHOT));
    look_from(place, store, key, kept, stamp, Index::MustBeSame)
}

/// What a change of git's index means for a snapshot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Index {
    MustBeSame,
    /// Under the same HEAD a file that was added is one that was not tracked: it differs as before.
    MayDiffer,
}

fn is_under(kept: &Snapshot, stamp: &Stamp, index: Index) -> bool {
    kept.stamp.head == stamp.head
        && kept.stamp.ignores == stamp.ignores
        && (index == Index::MayDiffer || kept.stamp.index == stamp.index)
}

fn look_from(
    place: &Place,
    store: &Store,
    key: &LineKey,
    kept: Option<Snapshot>,
    stamp: Stamp,
    index: Index,
) -> io::Result<Look> {
    let known = match kept {
        Some(kept) if is_under(&kept, &stamp, index) && ignores_hold(place, &kept) => {
            let known = kept.known.clone();
            match Looking::with(place, kept, None).look(store, key)? {
                Some(look) => return Ok(look),
                // What is ignored changed under it.
                None => known,
            }
        }
        Some(kept) => kept.known,
        None => Vec::new(),
    };
    let Some((mut snapshot, listing)) = listed(place, stamp) else {
        return Ok(Look::default());
    };
    snapshot.known = known;
    let look = Looking::with(place, snapshot, Some(listing)).look(store, key)?;
    Ok(look.unwrap_or_default())
}

/// A look that ends in time: at what differs, at the folders of the paths, and at what changed last.
/// Where more is left than that, the task is for somebody who has more time.
pub(crate) fn look_in_time(
    place: &Place,
    store: &Store,
    key: &LineKey,
    named: &[RepoPath],
) -> io::Result<(Look, Option<Task>)> {
    look_at_most(place, store, key, named, MOST_AT_ONCE)
}

/// As [`look_in_time`], with the number of files that are looked at.
pub(crate) fn look_at_most(
    place: &Place,
    store: &Store,
    key: &LineKey,
    named: &[RepoPath],
    most: usize,
) -> io::Result<(Look, Option<Task>)> {
    let stamp = Stamp::of(place, &place.ground().head);
    let kept = Snapshot::load(&store.folder().join(SNAPSHOT));
    let can_be_split = kept.as_ref().is_some_and(|kept| {
        kept.files.len() > most
            && is_under(kept, &stamp, Index::MayDiffer)
            && one_file_system(place)
            && ignores_hold(place, kept)
    });
    let kept = match kept {
        Some(kept) if can_be_split => kept,
        kept => {
            let look = look_from(place, store, key, kept, stamp, Index::MayDiffer)?;
            return Ok((look, None));
        }
    };
    let order = kept.in_order_of_change(named);
    let mut files = 0;
    let mut first: Vec<u32> = Vec::new();
    for folder in order {
        if files >= most {
            break;
        }
        let of_it = kept.folders.get(folder as usize);
        files += of_it.map_or(0, |folder| folder.files.len() + 1);
        first.push(folder);
    }
    if first.len() == kept.folders.len() {
        return Ok((look(place, store, key)?, None));
    }
    let mut looking = Looking::with(place, kept, None);
    looking.only = Some(first.clone());
    let Some((look, snapshot)) = looking.look_and_keep(store, key)? else {
        return Ok((look(place, store, key)?, None));
    };
    let task = Task {
        snapshot: snapshot.sum,
        looked_at: first,
    };
    Ok((look, Some(task)))
}

/// Looks at what a task left, as it was before a moment.
pub(crate) fn look_at_rest(
    place: &Place,
    store: &Store,
    key: &LineKey,
    task: &Task,
    moment: i64,
) -> io::Result<Rest> {
    let kept = Snapshot::load(&store.folder().join(SNAPSHOT));
    let Some(kept) = kept.filter(|kept| kept.sum == task.snapshot) else {
        return Ok(Rest::default());
    };
    // Where HEAD and the index are now does not matter: the snapshot is of the moment.
    if !ignores_hold(place, &kept) {
        return Ok(Rest::default());
    }
    let looked_at: FxHashSet<u32> = task.looked_at.iter().copied().collect();
    let left = (0..kept.folders.len() as u32).filter(|folder| !looked_at.contains(folder));
    let mut looking = Looking::with(place, kept, None);
    looking.only = Some(left.collect());
    // The agent goes on meanwhile, and so does its next hook.
    looking.threads = 1;
    looking.rest(store, key, moment)
}

/// Are git's files and the work tree stamped by one clock?
#[cfg(unix)]
fn one_file_system(place: &Place) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::metadata(path).map(|meta| meta.dev()).ok();
    device(&place.work_tree) == device(&place.common_dir)
}

/// A time of change that the system alone sets is not told here.
#[cfg(not(unix))]
fn one_file_system(_: &Place) -> bool {
    false
}

/// Are the ignore files what they were?
fn ignores_hold(place: &Place, kept: &Snapshot) -> bool {
    kept.ignores.iter().all(|(path, stat)| {
        let file = place.work_tree.join(path.as_bstr().to_path_lossy());
        Stat::of(&file) == Some(*stat)
    })
}

/// The index from which a snapshot was made, and the entry of each of its files.
struct Listing {
    index: gix::worktree::Index,
    entries: Vec<u32>,
}

/// What the index lists, of which nothing was seen yet.
fn listed(place: &Place, stamp: Stamp) -> Option<(Snapshot, Listing)> {
    let repo = open(place)?;
    let index = repo.index_or_empty().ok()?;
    if index.entries().len() > MOST_TRACKED || index.is_sparse() {
        return None;
    }
    let head = repo.head_tree_id().ok().map(gix::Id::detach);
    let staged = staged(&repo, &index, head, MOST_FILES);
    let mut snapshot = Snapshot {
        stamp,
        text: Vec::new(),
        folders: Vec::new(),
        files: Files::default(),
        staged: staged.into_iter().collect(),
        walked: Vec::new(),
        untracked: Vec::new(),
        ignores: Vec::new(),
        known: Vec::new(),
        sum: 0,
    };
    snapshot.staged.sort_unstable();
    let mut by_folder: FxHashMap<&[u8], Vec<u32>> = FxHashMap::default();
    by_folder.insert(b"", Vec::new());
    for (at, entry) in index.entries().iter().enumerate() {
        let path: &[u8] = entry.path(&index);
        let mut folder = path
            .get(..path.rfind_byte(b'/').unwrap_or(0))
            .unwrap_or_default();
        by_folder.entry(folder).or_default().push(at as u32);
        // Folders above it may hold folders alone.
        while let Some(slash) = folder.rfind_byte(b'/') {
            folder = folder.get(..slash).unwrap_or_default();
            if by_folder.contains_key(folder) {
                break;
            }
            by_folder.insert(folder, Vec::new());
        }
    }
    let mut folders: Vec<(&[u8], Vec<u32>)> = by_folder.into_iter().collect();
    folders.sort_unstable();
    let mut entries = Vec::with_capacity(index.entries().len());
    for (path, of_it) in folders {
        let start = snapshot.files.len() as u32;
        for at in of_it {
            let Some(entry) = index.entries().get(at as usize) else {
                continue;
            };
            let full: &[u8] = entry.path(&index);
            let name = full.get(full.rfind_byte(b'/').map_or(0, |slash| slash + 1)..);
            let passed = Flags::SKIP_WORKTREE | Flags::ASSUME_VALID;
            let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE);
            let watch = if is_file && !entry.flags.intersects(passed) {
                Watch::Yes
            } else {
                Watch::No
            };
            let name = snapshot.add_name(name.unwrap_or_default());
            snapshot.files.push(&File {
                name,
                watch,
                stat: Stat::NONE,
                id: entry.id,
            });
            entries.push(at);
        }
        let path = snapshot.add_name(path);
        snapshot.folders.push(Folder {
            path,
            stat: Stat::NONE,
            files: start..snapshot.files.len() as u32,
            others: Vec::new(),
        });
    }
    Some((snapshot, Listing { index, entries }))
}

/// A look under way.
struct Looking<'p> {
    place: &'p Place,
    snapshot: Snapshot,
    /// Where nothing was seen under this index yet.
    listing: Option<Listing>,
    started: i64,
    /// The folders that are looked at, by number; all, if that is not said.
    only: Option<Vec<u32>>,
    /// How many threads may ask for stats.
    threads: usize,
    /// The snapshot is to be written.
    changed: bool,
}

/// One folder as it is now.
struct Visited {
    folder: usize,
    stat: Stat,
    /// What lies in it and is not tracked, where it was listed.
    listed: Option<Vec<(String, bool)>>,
    ignore: Option<Stat>,
    /// Tracked files whose stat is another.
    suspects: Vec<(u32, Option<Stat>)>,
    /// Files that are what the index says.
    confirmed: Vec<(u32, Stat)>,
}

impl<'p> Looking<'p> {
    fn with(place: &'p Place, snapshot: Snapshot, listing: Option<Listing>) -> Self {
        Self {
            place,
            snapshot,
            changed: listing.is_some(),
            listing,
            started: stat::now(),
            only: None,
            threads: MOST_THREADS,
        }
    }

    /// Looks. `None`: what is ignored is not what the snapshot says.
    fn look(self, store: &Store, key: &LineKey) -> io::Result<Option<Look>> {
        Ok(self.look_and_keep(store, key)?.map(|(look, _)| look))
    }

    /// Looks, and gives the snapshot as it is kept.
    fn look_and_keep(
        mut self,
        store: &Store,
        key: &LineKey,
    ) -> io::Result<Option<(Look, Snapshot)>> {
        let Some(visited) = self.visit() else {
            return Ok(Some((Look::default(), self.snapshot)));
        };
        let suspects = suspects(&visited);
        let cut = match self.beside(visited) {
            Beside::Known => false,
            Beside::Found { cut } => cut,
            Beside::IgnoredOtherwise => return Ok(None),
        };
        let mut whole = !cut;
        let mut differing: FxHashSet<RepoPath> = self.snapshot.staged.iter().cloned().collect();
        whole &= self.touched(&suspects, &mut differing);
        differing.extend(self.snapshot.untracked.iter().cloned());
        let mut differing: Vec<RepoPath> = differing.into_iter().collect();
        differing.sort_unstable();
        if differing.len() > MOST_FILES {
            whole = false;
            differing.truncate(MOST_FILES);
        }
        let (files, all) = self.states(differing, store, key)?;
        if self.changed && !cut && !store.has_tasks() {
            // A snapshot that cannot be written is one that the next look does without.
            let _ = self.snapshot.save(&store.folder().join(SNAPSHOT));
        }
        let whole = whole && all;
        Ok(Some((Look { files, whole }, self.snapshot)))
    }

    /// What was so before a moment in the folders that are looked at. The snapshot stays as it is: the
    /// next look sees for itself.
    fn rest(mut self, store: &Store, key: &LineKey, moment: i64) -> io::Result<Rest> {
        let Some(visited) = self.visit() else {
            return Ok(Rest::default());
        };
        let suspects = suspects(&visited);
        let before: FxHashSet<RepoPath> = self.snapshot.untracked.iter().cloned().collect();
        let mut out = Rest {
            whole: true,
            ..Rest::default()
        };
        match self.beside(visited) {
            Beside::Known | Beside::Found { cut: false } => {}
            Beside::Found { cut: true } | Beside::IgnoredOtherwise => return Ok(Rest::default()),
        }
        let mut differing = FxHashSet::default();
        out.whole &= self.touched(&suspects, &mut differing);
        let untracked = self.snapshot.untracked.iter();
        differing.extend(untracked.filter(|path| !before.contains(path)).cloned());
        let mut differing: Vec<RepoPath> = differing.into_iter().collect();
        differing.sort_unstable();
        if differing.len() > MOST_FILES {
            return Ok(Rest::default());
        }
        let mut sure = Vec::with_capacity(differing.len());
        for path in differing {
            let full = self.place.work_tree.join(path.as_bstr().to_path_lossy());
            let is_before = match Stat::of(&full) {
                Some(now) => now.changed < moment,
                // A folder in which names changed since may have held any of them, and so may one that is gone.
                None => full
                    .parent()
                    .and_then(Stat::of)
                    .is_some_and(|folder| folder.changed < moment),
            };
            if is_before {
                sure.push(path);
            } else {
                out.unsure.push(path);
            }
        }
        let (files, all) = self.states(sure, store, key)?;
        out.whole &= all;
        // What changed while it was read is not what it was.
        for file in files {
            let full = self
                .place
                .work_tree
                .join(file.path.as_bstr().to_path_lossy());
            let still = match (Stat::of(&full), file.state) {
                (Some(now), Some(_)) => now.changed < moment,
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            if still {
                out.files.push(file);
            } else {
                out.unsure.push(file.path);
            }
        }
        Ok(out)
    }

    /// Asks for every tracked file and folder.
    fn visit(&self) -> Option<Vec<Visited>> {
        let root = OpenFolder::open(&self.place.work_tree)?;
        let all: Vec<u32>;
        let folders = if let Some(only) = &self.only {
            only
        } else {
            all = (0..self.snapshot.folders.len() as u32).collect();
            &all
        };
        let mut threads = self.threads.min(folders.len() / FOLDERS_A_THREAD + 1);
        if threads > 1 {
            // Asked only then: it reads files of the system.
            threads = threads.min(std::thread::available_parallelism().map_or(1, usize::from));
        }
        let next = AtomicUsize::new(0);
        let found = Mutex::new(Vec::with_capacity(folders.len()));
        let work = || {
            let mut ours = Vec::new();
            while let Some(at) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                let at = *at as usize;
                if let Some(folder) = self.snapshot.folders.get(at) {
                    ours.push(self.visit_folder(&root, at, folder));
                }
            }
            if let Ok(mut found) = found.lock() {
                found.append(&mut ours);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        let mut found = found.into_inner().ok()?;
        found.sort_unstable_by_key(|visited: &Visited| visited.folder);
        (found.len() == folders.len()).then_some(found)
    }

    fn visit_folder(&self, root: &OpenFolder, at: usize, folder: &Folder) -> Visited {
        let mut visited = Visited {
            folder: at,
            stat: Stat::NONE,
            listed: None,
            ignore: None,
            suspects: Vec::new(),
            confirmed: Vec::new(),
        };
        let path = self.snapshot.name(folder.path);
        let open = root.below(path);
        if let Some(stat) = open.as_ref().and_then(OpenFolder::stat) {
            visited.stat = stat;
        }
        for (number, file) in self.snapshot.files_of(folder) {
            if file.watch == Watch::No {
                continue;
            }
            let now = open
                .as_ref()
                .and_then(|open| open.stat_of(self.snapshot.name(file.name)));
            match now {
                Some(now) if now == file.stat => {}
                Some(now) if self.is_indexed(number, &now) => visited.confirmed.push((number, now)),
                _ => visited.suspects.push((number, now)),
            }
        }
        // Its stat was taken before it is listed: what comes meanwhile shows the next time.
        // One that is gone, or that a link took the place of, holds nothing.
        if open.is_none() {
            visited.listed = Some(Vec::new());
        } else if visited.stat != folder.stat || visited.stat == Stat::NONE {
            self.list(at, folder, &mut visited);
        }
        visited
    }

    /// Whether the index has this stat for the file, at a time that counts.
    fn is_indexed(&self, file: u32, now: &Stat) -> bool {
        let options = gix::index::entry::stat::Options::default();
        let Some(Listing { index, entries }) = &self.listing else {
            return false;
        };
        let entry = entries
            .get(file as usize)
            .and_then(|at| index.entries().get(*at as usize));
        entry.is_some_and(|entry| {
            entry.stat.matches(&now.as_git_has_it(), options)
                && !entry.stat.is_racy(index.timestamp(), options)
        })
    }

    /// Lists what a folder holds beside tracked files and folders.
    fn list(&self, at: usize, folder: &Folder, visited: &mut Visited) {
        let path = self.snapshot.name(folder.path);
        let full = self.place.work_tree.join(path.to_path_lossy());
        let mut tracked: FxHashSet<&[u8]> = self
            .snapshot
            .files_of(folder)
            .map(|(_, file)| self.snapshot.name(file.name))
            .collect();
        // The folders below it come next; between them are none of others but `x-y` beside `x/`.
        for other in self.snapshot.folders.get(at + 1..).unwrap_or_default() {
            let other = self.snapshot.name(other.path);
            let Some(rest) = other.strip_prefix(path) else {
                break;
            };
            let rest = match path {
                b"" => Some(rest),
                _ => rest.strip_prefix(b"/"),
            };
            if let Some(rest) = rest {
                tracked.insert(rest.split(|byte| *byte == b'/').next().unwrap_or_default());
            }
        }
        let mut others = Vec::new();
        for (name, is_folder) in untracked::entries(&full) {
            if name.as_bytes() == IGNORE_FILE {
                visited.ignore = Some(Stat::of(&full.join(&name)).unwrap_or(Stat::NONE));
            }
            if name != ".git" && !tracked.contains(name.as_bytes()) {
                others.push((name, is_folder));
            }
        }
        visited.listed = Some(others);
    }

    /// Takes in what was seen of folders, and walks through what is not tracked if that changed.
    fn beside(&mut self, visited: Vec<Visited>) -> Beside {
        let listed_any = visited.iter().any(|visited| visited.listed.is_some());
        let walked_changed = self.snapshot.walked.iter().any(|(path, stat)| {
            let folder = self.place.work_tree.join(path.as_bstr().to_path_lossy());
            Stat::of(&folder) != Some(*stat)
        });
        if !listed_any && !walked_changed {
            return Beside::Known;
        }
        let ignores = Ignores::new(self.place);
        // Of folders that were not looked at, what was there is there.
        let visited_folders: FxHashSet<RepoPath> = visited
            .iter()
            .filter_map(|one| self.snapshot.folders.get(one.folder))
            .map(|folder| RepoPath::new(self.snapshot.name(folder.path).to_vec()))
            .collect();
        let before = self.snapshot.ignores.iter().filter(|(path, _)| {
            let folder = folder_of(path);
            !visited_folders.contains(&folder) && self.snapshot.has_folder(folder.as_bytes())
        });
        let mut ignore_files: Vec<(RepoPath, Stat)> = before.cloned().collect();
        for one in visited {
            for (file, stat) in one.confirmed {
                let stat = stat.if_settled(self.started);
                self.snapshot.files.set_stat(file, stat);
            }
            let Some(folder) = self.snapshot.folders.get(one.folder).cloned() else {
                continue;
            };
            let path = self.snapshot.name(folder.path).to_vec();
            let of_it = RepoPath::new(crate::snapshot::joined(&path, IGNORE_FILE));
            if one.listed.is_none() {
                let before = self.snapshot.ignores.iter();
                ignore_files.extend(before.filter(|(path, _)| *path == of_it).cloned());
                continue;
            }
            ignore_files.extend(
                one.ignore
                    .map(|stat| (of_it, stat.if_settled(self.started))),
            );
            let full = self.place.work_tree.join(path.to_path_lossy());
            let mut others: Vec<(Name, bool)> = Vec::new();
            for (name, is_folder) in one.listed.into_iter().flatten() {
                if !ignores.ignored(&full.join(&name), is_folder) {
                    others.push((self.snapshot.add_name(name.as_bytes()), is_folder));
                }
            }
            if let Some(folder) = self.snapshot.folders.get_mut(one.folder) {
                folder.others = others;
                folder.stat = one.stat.if_settled(self.started);
            }
        }
        self.changed = true;
        let mut beside = Vec::new();
        for folder in &self.snapshot.folders {
            for (name, is_folder) in &folder.others {
                let path = self.snapshot.path(folder, self.snapshot.name(*name));
                beside.push((path, *is_folder));
            }
        }
        let walk = untracked::walk(self.place, &ignores, beside, MOST_FILES);
        let settled = |(path, stat): (RepoPath, Stat)| (path, stat.if_settled(self.started));
        ignore_files.extend(walk.ignores.into_iter().map(settled));
        ignore_files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        if self.listing.is_none() && ignore_files != self.snapshot.ignores {
            return Beside::IgnoredOtherwise;
        }
        self.snapshot.ignores = ignore_files;
        self.snapshot.walked = walk.folders.into_iter().map(settled).collect();
        self.snapshot.untracked = walk.files;
        self.snapshot.untracked.sort_unstable();
        Beside::Found { cut: walk.cut }
    }

    /// Of the files whose stat is another, those whose content is; whether all were read.
    fn touched(
        &mut self,
        suspects: &[(u32, usize, Option<Stat>)],
        differing: &mut FxHashSet<RepoPath>,
    ) -> bool {
        let mut bytes = 0_u64;
        for (number, folder, now) in suspects {
            let (Some(file), Some(folder)) = (
                self.snapshot.files.get(*number),
                self.snapshot.folders.get(*folder),
            ) else {
                continue;
            };
            let path = self.snapshot.path(folder, self.snapshot.name(file.name));
            // Under the same index, what was read before and has the same stat differs as it did.
            if self.listing.is_none()
                && let Some(now) = now
                && self.known(&path).is_some_and(|known| known.stat == *now)
            {
                differing.insert(path);
                continue;
            }
            let full = self.place.work_tree.join(path.as_bstr().to_path_lossy());
            if let Content::Text(content) = content(&self.place.work_tree, &full) {
                bytes += content.len() as u64;
                let kind = gix::objs::Kind::Blob;
                let same = gix::objs::compute_hash(file.id.kind(), kind, &content)
                    .is_ok_and(|id| id == file.id);
                if same {
                    let stat = now.unwrap_or(Stat::NONE).if_settled(self.started);
                    self.changed |= self.snapshot.files.set_stat(*number, stat);
                    continue;
                }
            }
            if bytes > MOST_BYTES {
                return false;
            }
            differing.insert(path);
        }
        true
    }

    fn known(&self, path: &RepoPath) -> Option<&Known> {
        let known = &self.snapshot.known;
        let at = known.binary_search_by(|known| known.path.cmp(path)).ok()?;
        known.get(at)
    }

    /// The states of files, by path; whether all were read. Those with a known stat are not.
    fn states(
        &mut self,
        paths: Vec<RepoPath>,
        store: &Store,
        key: &LineKey,
    ) -> io::Result<(Vec<FileState>, bool)> {
        let mut files = Vec::with_capacity(paths.len());
        let mut seen = Vec::with_capacity(paths.len());
        let mut bytes = 0_u64;
        let mut whole = true;
        for path in paths {
            let full = self.place.work_tree.join(path.as_bstr().to_path_lossy());
            let Some(now) = Stat::of(&full) else {
                files.push(FileState { path, state: None });
                continue;
            };
            let again = self.known(&path).filter(|known| known.stat == now);
            let again = again.map(|known| known.read).filter(|read| match read {
                Read::State(id) => store.keep_again(*id),
                Read::NoText => true,
            });
            if again != Some(Read::NoText) && now.size <= LARGEST_FILE {
                bytes += now.size;
            }
            if bytes > MOST_BYTES {
                whole = false;
                break;
            }
            let read = match again {
                Some(read) => read,
                None => match content(&self.place.work_tree, &full) {
                    Content::Text(content) => match key.lines(&content) {
                        Some(lines) => Read::State(store.keep(&lines)?),
                        None => Read::NoText,
                    },
                    Content::Absent => {
                        files.push(FileState { path, state: None });
                        continue;
                    }
                    Content::Other => Read::NoText,
                },
            };
            seen.push(Known {
                path: path.clone(),
                stat: now.if_settled(self.started),
                read,
            });
            if let Read::State(id) = read {
                files.push(FileState {
                    path,
                    state: Some(id),
                });
            }
        }
        if seen != self.snapshot.known {
            self.snapshot.known = seen;
            self.changed = true;
        }
        Ok((files, whole))
    }
}

/// Tracked files whose stat is another, with their folders.
fn suspects(visited: &[Visited]) -> Vec<(u32, usize, Option<Stat>)> {
    visited
        .iter()
        .flat_map(|one| {
            let folder = one.folder;
            one.suspects
                .iter()
                .map(move |(file, stat)| (*file, folder, *stat))
        })
        .collect()
}

/// The folder that a path lies in.
fn folder_of(path: &RepoPath) -> RepoPath {
    let bytes = path.as_bytes();
    let end = bytes.rfind_byte(b'/').unwrap_or(0);
    RepoPath::new(bytes.get(..end).unwrap_or_default().to_vec())
}

impl Snapshot {
    /// Is it a folder that holds tracked files or folders?
    fn has_folder(&self, path: &[u8]) -> bool {
        let by = |folder: &Folder| self.name(folder.path).cmp(path);
        self.folders.binary_search_by(by).is_ok()
    }

    /// The numbers of all folders: those of the paths and of what differs first, then by when they or
    /// their files changed last.
    fn in_order_of_change(&self, named: &[RepoPath]) -> Vec<u32> {
        let known = self.known.iter().map(|known| &known.path);
        let first: FxHashSet<RepoPath> = known
            .chain(named)
            .map(folder_of)
            .chain(named.iter().cloned())
            .collect();
        let mut order: Vec<(bool, i64, u32)> = Vec::with_capacity(self.folders.len());
        for (at, folder) in self.folders.iter().enumerate() {
            let of_files = self.files_of(folder).map(|(_, file)| file.stat.changed);
            let last = of_files.max().unwrap_or(i64::MIN).max(folder.stat.changed);
            let path = RepoPath::new(self.name(folder.path).to_vec());
            order.push((!first.contains(&path), last.saturating_neg(), at as u32));
        }
        order.sort_unstable();
        order.into_iter().map(|(_, _, at)| at).collect()
    }
}

/// What is known of files that are not tracked.
enum Beside {
    /// Nothing changed.
    Known,
    Found {
        cut: bool,
    },
    /// An ignore file came, went or changed.
    IgnoredOtherwise,
}

#[cfg(test)]
mod tests;
