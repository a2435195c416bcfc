//! A git repository of its own for each test: the cache lies below its git directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use trueline_scan::{
    Changed, Checks, ReadingOptions, ScanOutcome, ScanRequest, Scanner, Silent, Tiers, scan,
};

pub(crate) struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    pub(crate) fn new(files: &BTreeMap<String, String>) -> Self {
        let tree = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let status = Command::new("git")
            .args(["init", "--quiet"])
            .arg(tree.root())
            .status()
            .unwrap();
        assert!(status.success());
        for (name, text) in files {
            tree.write(name, text);
        }
        tree
    }

    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = files.iter().map(|(n, t)| ((*n).into(), (*t).into()));
        Self::new(&owned.collect())
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().canonicalize().unwrap().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    pub(crate) fn write_bytes(&self, name: &str, content: &[u8]) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.root().join(name)).unwrap();
    }

    pub(crate) fn request(&self, cache: bool, threads: usize) -> ScanRequest {
        ScanRequest {
            checks: Checks::All,
            path: self.root().to_owned(),
            tiers: Tiers::All,
            diff: None,
            baseline: None,
            imports: Vec::new(),
            code_view: false,
            line_hashes: true,
            reading: ReadingOptions {
                threads,
                cache,
                local_sessions: None,
            },
        }
    }

    /// Where the cache of scans is.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let folder = self.root().join(".git/trueline/v1");
        let mut found: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .starts_with("scan-")
            })
            .collect();
        found.sort();
        found
    }

    /// Without any memory.
    pub(crate) fn without_memory(&self) -> ScanOutcome {
        scan(&self.request(false, 2), &Silent, &AtomicBool::new(false)).unwrap()
    }

    /// As a new process with the cache of the last.
    pub(crate) fn fresh(&self, threads: usize) -> ScanOutcome {
        scan(
            &self.request(true, threads),
            &Silent,
            &AtomicBool::new(false),
        )
        .unwrap()
    }

    /// The same a little later: every file has been at rest.
    pub(crate) fn at_rest(&self, threads: usize) -> ScanOutcome {
        let scanner = Scanner::new(self.request(true, threads)).unwrap();
        let later = || SystemTime::now() + Duration::from_secs(10);
        rescan(&mut scanner.with_clock(later), Changed::Anything)
    }

    pub(crate) fn scanner(&self, cache: bool) -> Scanner {
        Scanner::new(self.request(cache, 2)).unwrap()
    }
}

pub(crate) fn rescan(scanner: &mut Scanner, changed: Changed<'_>) -> ScanOutcome {
    scanner
        .scan(changed, &Silent, &AtomicBool::new(false))
        .unwrap()
}

/// Everything that a front end can show.
pub(crate) fn shown(outcome: &ScanOutcome) -> String {
    let report = serde_json::to_string_pretty(&outcome.report).unwrap();
    report + &outcome.sarif().unwrap()
}

pub(crate) fn analyzed(outcome: &ScanOutcome) -> Vec<String> {
    let paths = outcome.analyzed.iter();
    paths.map(|path| path.display().into_owned()).collect()
}
