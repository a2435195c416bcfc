//! How much memory a sandbox uses, added up by its process 1 where no control group counts it.
//!
//! What is cheap to read is looked at each time and errs upwards; only when it is over the limit is
//! the exact figure read. Neither sees shared memory that no page table names any more, so that
//! shared mappings without a file are counted as a whole, now and then.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use nix::sys::statvfs::statvfs;

/// Shared mappings are read once in so many looks.
const MAPPINGS_EVERY: u32 = 10;

/// Adds up, look by look.
pub(super) struct Usage<'a> {
    scratch: &'a [PathBuf],
    looks: u32,
}

impl<'a> Usage<'a> {
    /// With the file systems that are in memory.
    pub(super) const fn new(scratch: &'a [PathBuf]) -> Self {
        Self { scratch, looks: 0 }
    }

    /// Whether all processes and file systems together use more than this.
    pub(super) fn exceeds(&mut self, limit: u64) -> bool {
        self.looks = self.looks.wrapping_add(1);
        let files = self.files();
        let present = resident_bytes() + files > limit && proportional_bytes() + files > limit;
        present || self.looks.is_multiple_of(MAPPINGS_EVERY) && shared_mappings_bytes() > limit
    }

    fn files(&self) -> u64 {
        self.scratch
            .iter()
            .filter_map(|place| statvfs(place).ok())
            .map(|space| (space.blocks() - space.blocks_free()) * space.fragment_size())
            .sum()
    }
}

/// What is present in all processes but this one; what they share is counted in each.
fn resident_bytes() -> u64 {
    const PAGE: u64 = 4096;
    of_each("statm")
        .filter_map(|statm| statm.split(' ').nth(1)?.parse::<u64>().ok())
        .map(|pages| pages * PAGE)
        .sum()
}

/// The same, with what is shared counted once. It costs more.
fn proportional_bytes() -> u64 {
    of_each("smaps_rollup")
        .filter_map(|rollup| {
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        })
        .map(|kb| kb * 1024)
        .sum()
}

/// Shared memory without a file, as large as it is mapped; that of related processes is one.
fn shared_mappings_bytes() -> u64 {
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    for maps in of_each("maps") {
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

/// A file of each process but this one.
fn of_each(file: &'static str) -> impl Iterator<Item = String> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_str().unwrap_or_default();
            name != "1" && name.bytes().all(|byte| byte.is_ascii_digit())
        })
        .filter_map(move |entry| fs::read_to_string(entry.path().join(file)).ok())
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
