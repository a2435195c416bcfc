//! The files of HEAD that are measured, in an order that looks random and is the same everywhere.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Larger files would be most of a sample.
const LARGEST: u64 = 1 << 20;

/// A regular file of HEAD.
pub(super) struct SourceFile {
    pub(super) path: String,
    pub(super) bytes: u64,
}

/// The files of HEAD whose content is here, and the paths of those whose content is missing.
pub(super) struct Listing {
    pub(super) files: Vec<SourceFile>,
    pub(super) missing: Vec<String>,
}

/// Lists regular files by a seed and their paths; empty and very large ones are left out.
pub(super) fn list(repository: &Path, seed: u64) -> Result<Listing> {
    let listing = git(repository, &["ls-tree", "-r", "-z", "HEAD"])?;
    let rows: Vec<(&str, &str)> = listing
        .split('\0')
        .filter(|row| row.starts_with("100"))
        .filter_map(|row| {
            let (head, path) = row.split_once('\t')?;
            Some((head.rsplit(' ').next()?, path))
        })
        .collect();
    let asked: String = rows.iter().flat_map(|(id, _)| [*id, "\n"]).collect();
    let sizes = sizes(repository, asked)?;
    let mut found = Listing {
        files: Vec::new(),
        missing: Vec::new(),
    };
    for ((_, path), size) in rows.into_iter().zip(sizes) {
        let path = path.to_owned();
        match size {
            None => found.missing.push(path),
            Some(bytes) if bytes > 0 && bytes < LARGEST => {
                found.files.push(SourceFile { path, bytes });
            }
            Some(_) => {}
        }
    }
    found
        .files
        .sort_by_cached_key(|file| (hash(seed, &file.path), file.path.clone()));
    Ok(found)
}

/// The size of each object; `None` for one that is not here.
fn sizes(repository: &Path, asked: String) -> Result<Vec<Option<u64>>> {
    let mut child = command(repository)
        .args(["cat-file", "--batch-check=%(objectsize)"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("git could not be started")?;
    let mut input = child.stdin.take().context("git takes no input")?;
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = child.wait_with_output()?;
    let written = writer.join();
    if !output.status.success() || !matches!(written, Ok(Ok(()))) {
        bail!("git cat-file failed");
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(|line| line.parse().ok()).collect())
}

/// A number that spreads names evenly: FNV-1a.
fn hash(seed: u64, name: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(name.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// `git` in a repository; it never fetches what is missing.
pub(super) fn command(repository: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .env("GIT_NO_LAZY_FETCH", "1")
        .arg("-C")
        .arg(repository);
    command
}

pub(super) fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let output = command(repository)
        .args(arguments)
        .output()
        .context("git could not be started")?;
    if !output.status.success() {
        bail!(
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
