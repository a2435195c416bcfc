//! Control groups: what bounds memory and processes of a whole sandbox, where they can be had.
//!
//! Version 2 is used where its controllers are given to us, version 1 where each hierarchy lets us
//! make a group; else there is none, and the caller falls back to what it documents. A group is
//! removed when the sandbox has ended; those of callers that crashed are removed by the next one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::compose::OWN_PROCESSES;
use crate::isolation::{MemoryLimiter, PidsLimiter};

/// Groups of ours are named so, with the caller's process id and a number.
const PREFIX: &str = "trueline-";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Version {
    One,
    Two,
}

/// The groups of one sandbox.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    memory: Option<Group>,
    pids: Option<Group>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Group {
    version: Version,
    folder: PathBuf,
}

impl Groups {
    /// Makes groups with these limits, as far as this machine gives them.
    pub(crate) fn new(mem_bytes: u64, pids: u64) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}", std::process::id());
        let here = Hierarchies::read();
        here.sweep();
        let pids = pids + OWN_PROCESSES;
        if let Some(group) = here.version_two(&name, mem_bytes, pids) {
            return Self {
                memory: Some(group.clone()),
                pids: Some(group),
            };
        }
        Self {
            memory: version_one(here.memory.as_deref(), &name, |folder| {
                write(folder, "memory.limit_in_bytes", mem_bytes)?;
                // Absent where swap is not accounted.
                let _ = write(folder, "memory.memsw.limit_in_bytes", mem_bytes);
                Ok(())
            }),
            pids: version_one(here.pids.as_deref(), &name, |folder| {
                write(folder, "pids.max", pids)
            }),
        }
    }

    /// Puts a process, and with it all that it starts, into the groups; a group that does not take
    /// it is given up.
    pub(crate) fn add(&mut self, process: u32) {
        let takes = |group: &Group| write(&group.folder, "cgroup.procs", process.into()).is_ok();
        if self.memory == self.pids {
            if !self.memory.as_ref().is_some_and(takes) {
                self.remove();
            }
            return;
        }
        for group in [&mut self.memory, &mut self.pids] {
            if let Some(refusing) = group.take_if(|group| !takes(group)) {
                refusing.remove();
            }
        }
    }

    pub(crate) fn memory_limiter(&self) -> MemoryLimiter {
        match self.memory.as_ref().map(|group| group.version) {
            Some(Version::Two) => MemoryLimiter::CgroupV2,
            Some(Version::One) => MemoryLimiter::CgroupV1,
            None => MemoryLimiter::Watch,
        }
    }

    pub(crate) fn pids_limiter(&self) -> PidsLimiter {
        match self.pids.as_ref().map(|group| group.version) {
            Some(Version::Two) => PidsLimiter::CgroupV2,
            Some(Version::One) => PidsLimiter::CgroupV1,
            None => PidsLimiter::Rlimit,
        }
    }

    /// Whether the kernel ended something for memory.
    pub(crate) fn memory_hit(&self) -> bool {
        self.memory.as_ref().is_some_and(|group| {
            let file = match group.version {
                Version::Two => "memory.events",
                Version::One => "memory.oom_control",
            };
            count(&group.folder, file, "oom_kill") > 0
        })
    }

    /// Whether starting a process failed.
    pub(crate) fn pids_hit(&self) -> bool {
        self.pids
            .as_ref()
            .is_some_and(|group| count(&group.folder, "pids.events", "max") > 0)
    }

    fn remove(&mut self) {
        for group in [self.memory.take(), self.pids.take()].into_iter().flatten() {
            group.remove();
        }
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Group {
    /// A process that has just ended keeps its group busy for a moment.
    fn remove(&self) {
        for _ in 0..200 {
            match fs::remove_dir(&self.folder) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                _ => return,
            }
        }
    }
}

/// Where this process is in each hierarchy that matters.
#[derive(Debug, Default, PartialEq, Eq)]
struct Hierarchies {
    memory: Option<PathBuf>,
    pids: Option<PathBuf>,
    /// This process's folder and the root of the hierarchy.
    two: Option<(PathBuf, PathBuf)>,
}

impl Hierarchies {
    fn read() -> Self {
        let read = |file| fs::read_to_string(file).unwrap_or_default();
        Self::parse(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"))
    }

    fn parse(own: &str, mounts: &str) -> Self {
        let mut found = Self::default();
        for mount in mounts.lines().filter_map(Mounted::parse) {
            let path = own.lines().find_map(|line| {
                let (_, rest) = line.split_once(':')?;
                let (controllers, path) = rest.split_once(':')?;
                mount.is_of(controllers).then_some(path)
            });
            let Some(folder) = path.and_then(|path| mount.folder(path)) else {
                continue;
            };
            match mount.kind {
                "cgroup2" => found.two = Some((folder, PathBuf::from(mount.point))),
                _ if mount.has("memory") => found.memory = Some(folder),
                _ if mount.has("pids") => found.pids = Some(folder),
                _ => {}
            }
        }
        found
    }

    /// Removes groups whose callers are gone.
    fn sweep(&self) {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| {
            let two = self.two.as_ref().map(|(own, _)| own);
            let folders = [self.memory.as_ref(), self.pids.as_ref(), two];
            for folder in folders.into_iter().flatten() {
                for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                    let name = entry.file_name();
                    let owner = name
                        .to_str()
                        .and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
                    if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                        let _ = fs::remove_dir(entry.path());
                    }
                }
            }
        });
    }

    /// A group of version 2 below this process's, or below the nearest ancestor that hands its
    /// controllers down: a group with processes of its own cannot.
    fn version_two(&self, name: &str, mem_bytes: u64, pids: u64) -> Option<Group> {
        let (own, top) = self.two.as_ref()?;
        let parents = own.ancestors().take_while(|folder| folder.starts_with(top));
        for parent in parents {
            let control = parent.join("cgroup.subtree_control");
            let gives = || {
                let given = fs::read_to_string(&control).unwrap_or_default();
                ["memory", "pids"]
                    .iter()
                    .all(|wanted| given.split_whitespace().any(|name| name == *wanted))
            };
            // Groups that are not our own are left as they are.
            let turned_on =
                || parent == own && fs::write(&control, "+memory +pids").is_ok() && gives();
            if !gives() && !turned_on() {
                continue;
            }
            let group = Group {
                version: Version::Two,
                folder: parent.join(name),
            };
            if fs::create_dir(&group.folder).is_err() {
                continue;
            }
            let limited = write(&group.folder, "memory.max", mem_bytes)
                .and_then(|()| write(&group.folder, "pids.max", pids));
            // Absent where swap is not accounted.
            let _ = write(&group.folder, "memory.swap.max", 0);
            if limited.is_ok() {
                return Some(group);
            }
            group.remove();
        }
        None
    }
}

fn version_one(
    parent: Option<&Path>,
    name: &str,
    limit: impl FnOnce(&Path) -> io::Result<()>,
) -> Option<Group> {
    let group = Group {
        version: Version::One,
        folder: parent?.join(name),
    };
    fs::create_dir(&group.folder).ok()?;
    if limit(&group.folder).is_err() {
        group.remove();
        return None;
    }
    Some(group)
}

fn write(folder: &Path, file: &str, value: u64) -> io::Result<()> {
    fs::write(folder.join(file), value.to_string())
}

/// The number behind a word in a file of such lines; 0 if it is not there.
fn count(folder: &Path, file: &str, word: &str) -> u64 {
    let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines
        .find(|(key, _)| *key == word)
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

/// A line of `mountinfo` that mounts control groups.
struct Mounted<'a> {
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mounted<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let mut after = after.split(' ');
        let mounted = Self {
            root: before.next()?,
            point: before.next()?,
            kind: after.next()?,
            options: after.nth(1)?,
        };
        matches!(mounted.kind, "cgroup" | "cgroup2").then_some(mounted)
    }

    fn has(&self, controller: &str) -> bool {
        self.options.split(',').any(|option| option == controller)
    }

    /// Whether a line of `/proc/self/cgroup` with these controllers speaks of this mount.
    fn is_of(&self, controllers: &str) -> bool {
        if self.kind == "cgroup2" {
            return controllers.is_empty();
        }
        !controllers.is_empty()
            && controllers
                .split(',')
                .all(|controller| self.has(controller))
    }

    /// The folder of a group that has this path in the hierarchy, of which a part may be mounted.
    fn folder(&self, path: &str) -> Option<PathBuf> {
        let below = Path::new(path).strip_prefix(self.root).ok()?;
        Some(Path::new(self.point).join(below))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
30 25 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
35 30 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
38 30 0:34 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids
40 30 0:36 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";

    #[test]
    fn both_versions_are_found_beside_each_other() {
        let own = "8:pids:/\n4:memory:/a/b\n1:cpu:/\n0::/c\n";
        assert_eq!(
            Hierarchies::parse(own, MOUNTS),
            Hierarchies {
                memory: Some("/sys/fs/cgroup/memory/a/b".into()),
                pids: Some("/sys/fs/cgroup/pids/".into()),
                two: Some((
                    "/sys/fs/cgroup/unified/c".into(),
                    "/sys/fs/cgroup/unified".into()
                )),
            }
        );
    }

    #[test]
    fn a_container_that_mounts_a_part_of_the_hierarchy_finds_itself_in_it() {
        let mounts = "9 8 0:5 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw,nsdelegate\n";
        let inside = Hierarchies::parse("0::/docker/abc/app\n", mounts);
        let point = PathBuf::from("/sys/fs/cgroup");
        assert_eq!(inside.two, Some((point.join("app"), point)));
        assert_eq!(Hierarchies::parse("0::/elsewhere\n", mounts).two, None);
    }

    /// A folder stands for the hierarchy: which of the groups on the way is chosen, and what is
    /// written there. That the kernel obeys is tested where there is one that does.
    #[test]
    fn the_nearest_ancestor_that_hands_controllers_down_is_chosen() {
        let top = tempfile::tempdir().unwrap();
        let own = top.path().join("user.slice/session.scope");
        fs::create_dir_all(&own).unwrap();
        let control = "cgroup.subtree_control";
        // A folder in the place of the file: a group with processes, whose controllers stay off.
        fs::create_dir(own.join(control)).unwrap();
        fs::write(top.path().join("user.slice").join(control), "memory pids\n").unwrap();
        let here = Hierarchies {
            two: Some((own, top.path().to_owned())),
            ..Hierarchies::default()
        };
        let group = here.version_two("trueline-7-0", 1 << 20, 5).unwrap();
        assert_eq!(group.folder, top.path().join("user.slice/trueline-7-0"));
        let written = |file| fs::read_to_string(group.folder.join(file)).unwrap();
        assert_eq!(written("memory.max"), "1048576");
        assert_eq!(written("pids.max"), "5");
        assert_eq!(written("memory.swap.max"), "0");
    }
}
