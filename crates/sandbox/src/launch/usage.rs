//! How much memory a sandbox uses, added up by its process 1 where no control group counts it.
//!
//! What is cheap to read is looked at each time and errs upwards; only when it is over the limit is
//! the exact figure read. Neither sees shared memory that no page table names any more, so that
//! shared mappings without a file are counted as a whole, now and then. The figures come from the
//! sandbox's own process list, or, where it has none, from the machine's, held open from before.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use nix::dir::Dir;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use nix::sys::statvfs::statvfs;

/// Shared mappings are read once in so many looks.
const MAPPINGS_EVERY: u32 = 10;

/// A process list, and which of its processes are the sandbox's.
pub(super) struct Processes {
    folder: File,
    view: View,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    /// The sandbox's own: all but process 1.
    Inner,
    /// The machine's: the descendants of process 1, to which all orphans fall.
    Outer,
}

impl Processes {
    /// The process list at `/proc`, as the machine has it.
    pub(super) fn outer() -> io::Result<Self> {
        let folder = File::open("/proc")?;
        let view = View::Outer;
        let list = Self { folder, view };
        // Not every kernel tells children, and some machines hide processes from each other.
        list.read("thread-self/children").map(|_| list)
    }

    /// The process list at `/proc`, as the sandbox has it.
    pub(super) fn inner() -> io::Result<Self> {
        let folder = File::open("/proc")?;
        let view = View::Inner;
        Ok(Self { folder, view })
    }

    fn read(&self, file: &str) -> io::Result<String> {
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let mut file = File::from(openat(&self.folder, file, flags, Mode::empty())?);
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text)
    }

    fn list(&self) -> Vec<String> {
        match self.view {
            View::Inner => self.all().unwrap_or_default(),
            View::Outer => self.descendants(),
        }
    }

    fn all(&self) -> nix::Result<Vec<String>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut folder = Dir::openat(&self.folder, ".", flags, Mode::empty())?;
        let names = folder.iter().flatten().filter_map(|entry| {
            let name = entry.file_name().to_str().ok()?.to_owned();
            let number = name.bytes().all(|byte| byte.is_ascii_digit());
            (number && name != "1").then_some(name)
        });
        Ok(names.collect())
    }

    fn descendants(&self) -> Vec<String> {
        let numbers = |text: String| -> Vec<String> {
            text.split_ascii_whitespace().map(str::to_owned).collect()
        };
        let own = self.read("thread-self/children").map(numbers);
        let mut pending = own.unwrap_or_default();
        let mut all = Vec::new();
        while let Some(process) = pending.pop() {
            // Any of its threads may have children.
            for thread in self.threads(&process).unwrap_or_default() {
                let children = self.read(&format!("{process}/task/{thread}/children"));
                pending.extend(children.map(numbers).unwrap_or_default());
            }
            all.push(process);
        }
        all
    }

    fn threads(&self, process: &str) -> nix::Result<Vec<String>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let folder = format!("{process}/task");
        let mut folder = Dir::openat(&self.folder, folder.as_str(), flags, Mode::empty())?;
        let names = folder.iter().flatten().filter_map(|entry| {
            let name = entry.file_name().to_str().ok()?;
            (!name.starts_with('.')).then(|| name.to_owned())
        });
        Ok(names.collect())
    }

    /// A file of each process of the sandbox.
    fn of_each(&self, file: &str) -> impl Iterator<Item = String> {
        self.list()
            .into_iter()
            .filter_map(move |process| self.read(&format!("{process}/{file}")).ok())
    }
}

/// Adds up, look by look.
pub(super) struct Usage<'a> {
    processes: Processes,
    scratch: &'a [PathBuf],
    looks: u32,
}

impl<'a> Usage<'a> {
    /// Of these processes, with the file systems that are in memory.
    pub(super) const fn new(processes: Processes, scratch: &'a [PathBuf]) -> Self {
        Self {
            processes,
            scratch,
            looks: 0,
        }
    }

    /// Whether all processes and file systems together use more than this.
    pub(super) fn exceeds(&mut self, limit: u64) -> bool {
        self.looks = self.looks.wrapping_add(1);
        let files = self.files();
        let present = self.resident() + files > limit && self.proportional() + files > limit;
        present || self.looks.is_multiple_of(MAPPINGS_EVERY) && self.shared_mappings() > limit
    }

    fn files(&self) -> u64 {
        self.scratch
            .iter()
            .filter_map(|place| statvfs(place).ok())
            .map(|space| (space.blocks() - space.blocks_free()) * space.fragment_size())
            .sum()
    }

    /// What is present in all processes; what they share is counted in each.
    fn resident(&self) -> u64 {
        let processes = self.processes.list().into_iter();
        processes
            .filter_map(|process| self.resident_of(&process))
            .sum()
    }

    /// The same, with what is shared counted once. It costs more.
    fn proportional(&self) -> u64 {
        let exact = |process: &str| {
            let rollup = self
                .processes
                .read(&format!("{process}/smaps_rollup"))
                .ok()?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            let kb: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
            Some(kb * 1024)
        };
        let processes = self.processes.list().into_iter();
        // Of a program that may not be read, the larger figure is told.
        processes
            .filter_map(|process| exact(&process).or_else(|| self.resident_of(&process)))
            .sum()
    }

    fn resident_of(&self, process: &str) -> Option<u64> {
        const PAGE: u64 = 4096;
        let statm = self.processes.read(&format!("{process}/statm")).ok()?;
        let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
        Some(pages * PAGE)
    }

    /// Shared memory without a file, as large as it is mapped; that of related processes is one.
    fn shared_mappings(&self) -> u64 {
        let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
        for maps in self.processes.of_each("maps") {
            let mut here: BTreeMap<&str, u64> = BTreeMap::new();
            for (object, size) in maps.lines().filter_map(shared_mapping) {
                *here.entry(object).or_default() += size;
            }
            for (object, size) in here {
                let known = sizes.entry(object.to_owned()).or_default();
                *known = size.max(*known);
            }
        }
        sizes.values().sum()
    }
}

/// The object's number and the size of a mapping that is shared and has no file.
fn shared_mapping(line: &str) -> Option<(&str, u64)> {
    let mut fields = line.split_ascii_whitespace();
    let (from, to) = fields.next()?.split_once('-')?;
    let shared = fields.next()?.ends_with('s');
    let object = fields.nth(2)?;
    let named = fields.next()?.starts_with("/dev/zero");
    let address = |text| u64::from_str_radix(text, 16).ok();
    let size = address(to)?.checked_sub(address(from)?)?;
    (shared && named).then_some((object, size))
}

#[cfg(test)]
mod tests {
    use super::shared_mapping;

    #[test]
    fn shared_memory_without_a_file_is_told_from_other_mappings() {
        let shared = "7f0000000000-7f0040000000 rw-s 00000000 00:01 4097   /dev/zero (deleted)";
        assert_eq!(shared_mapping(shared), Some(("4097", 1 << 30)));
        for other in [
            "7f0000000000-7f0040000000 rw-p 00000000 00:00 0",
            "7f0000000000-7f0040000000 rw-s 00000000 00:21 9   /tmp/file",
            "7f0000000000-7f0040000000 r-xp 00000000 fe:00 12  /usr/lib/libc.so.6",
            "",
        ] {
            assert_eq!(shared_mapping(other), None, "{other}");
        }
    }
}
