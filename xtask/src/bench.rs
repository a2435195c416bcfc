//! `cargo xtask bench origins REPO`: whole-repository origins beside `git blame` file by file, in
//! one run on one machine. `cargo xtask bench agreement REPO`: on how many lines both name the same
//! commit. Prints figures; judges nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::metadata::root;

/// Times both and prints them side by side. `sample` files are blamed; the rest is extrapolated by
/// bytes.
pub(crate) fn origins(repository: &Path, sample: usize) -> Result<()> {
    let trueline = build()?;
    let files = source_files(repository)?;
    let total: u64 = files.iter().map(|f| f.bytes).sum();
    if files.is_empty() {
        bail!("{}: no file at HEAD", repository.display());
    }
    println!(
        "{}: {} files, {total} bytes",
        repository.display(),
        files.len()
    );

    let cold = time(
        Command::new(&trueline)
            .args(["stats", "--quiet", "--format", "json", "--no-cache"])
            .arg(repository),
    )?;
    println!(
        "trueline, all files, cold        {:>10.2} s",
        cold.as_secs_f64()
    );
    time(
        Command::new(&trueline)
            .args(["stats", "--quiet", "--format", "json"])
            .arg(repository),
    )?;
    let warm = time(
        Command::new(&trueline)
            .args(["stats", "--quiet", "--format", "json"])
            .arg(repository),
    )?;
    println!(
        "trueline, all files, warm        {:>10.2} s",
        warm.as_secs_f64()
    );

    // Every n-th file by name: spread over the tree, the same on every machine.
    let step = (files.len() / sample.max(1)).max(1);
    let mut bytes = 0;
    let mut count = 0;
    let mut failed = Vec::new();
    let start = Instant::now();
    for file in files.iter().step_by(step).take(sample) {
        let status = Command::new("git")
            .arg("-C")
            .arg(repository)
            .args(["blame", "--incremental", "HEAD", "--"])
            .arg(&file.path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("git could not be started")?;
        if status.success() {
            bytes += file.bytes;
            count += 1;
        } else {
            failed.push(&file.path);
        }
    }
    let blamed = start.elapsed().as_secs_f64();
    println!("git blame, {count} files, {bytes} bytes {blamed:>12.2} s");
    for path in failed {
        println!("  git blame failed: {path}");
    }
    if bytes > 0 {
        let all = blamed / bytes as f64 * total as f64;
        println!("git blame, all files, extrapolated {all:>8.0} s");
        println!(
            "ratio git blame : trueline cold  {:>10.0}",
            all / cold.as_secs_f64()
        );
    }
    Ok(())
}

/// Compares the commit of every line of `sample` seeded files whose names end in one of `suffixes`
/// (all files if there are none), and shows the first line of each file that differs.
pub(crate) fn agreement(repository: &Path, sample: usize, suffixes: &[String]) -> Result<()> {
    let trueline = build()?;
    let mut files: Vec<SourceFile> = source_files(repository)?
        .into_iter()
        .filter(|f| suffixes.is_empty() || suffixes.iter().any(|s| f.path.ends_with(s.as_str())))
        .collect();
    // An order that looks random and is the same everywhere.
    files.sort_by_cached_key(|f| Fingerprint::of(&f.path));
    let (mut lines, mut same, mut compared) = (0, 0, 0);
    for file in files.iter().take(sample) {
        let Ok(theirs) = commits_of_lines(
            Command::new("git")
                .arg("-C")
                .arg(repository)
                .args(["blame", "--line-porcelain", "HEAD", "--"])
                .arg(&file.path),
        ) else {
            println!("git blame failed: {}", file.path);
            continue;
        };
        let Ok(ours) = commits_of_lines(
            Command::new(&trueline)
                .args(["blame", "--quiet", "--line-porcelain"])
                .arg(repository.join(&file.path)),
        ) else {
            println!("binary, or not read by trueline: {}", file.path);
            continue;
        };
        compared += 1;
        lines += theirs.len();
        let differs: Vec<usize> = (0..theirs.len())
            .filter(|at| ours.get(*at) != theirs.get(*at))
            .collect();
        same += theirs.len() - differs.len();
        if let Some(first) = differs.first() {
            println!(
                "{}:{}: {} lines differ",
                file.path,
                first + 1,
                differs.len()
            );
        }
    }
    println!(
        "{compared} files, {lines} lines, {same} on the same commit as git blame: {:.3} %",
        100.0 * same as f64 / lines.max(1) as f64
    );
    Ok(())
}

/// The commit of each line, from a document in git's line porcelain.
fn commits_of_lines(command: &mut Command) -> Result<Vec<String>> {
    let output = command.stderr(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{command:?}: {}", output.status);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut commits = Vec::new();
    let mut header = true;
    for line in text.split('\n') {
        if line.starts_with('\t') {
            header = true;
        } else if header && !line.is_empty() {
            header = false;
            commits.push(line.split(' ').next().unwrap_or_default().to_owned());
        }
    }
    Ok(commits)
}

/// A number that spreads names evenly: FNV-1a.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Fingerprint(u64);

impl Fingerprint {
    fn of(name: &str) -> Self {
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }
}

/// Builds the release binary and says where it is.
pub(crate) fn build() -> Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "trueline-cli",
        ])
        .current_dir(root())
        .status()?;
    if !status.success() {
        bail!("the release build failed");
    }
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release").join("trueline"))
}

struct SourceFile {
    path: String,
    bytes: u64,
}

/// Regular files of HEAD with their sizes. A file whose content is missing (partial clone) has none
/// and is left out, because `git blame` fails on it.
fn source_files(repository: &Path) -> Result<Vec<SourceFile>> {
    let listing = git(repository, &["ls-tree", "-r", "-l", "-z", "HEAD"])?;
    Ok(listing
        .split('\0')
        .filter_map(|row| {
            let (head, path) = row.split_once('\t')?;
            let mut columns = head.split_whitespace();
            let regular = columns.next()?.starts_with("100");
            let bytes = columns.nth(2)?.parse().ok()?;
            (regular && bytes > 0 && bytes < 1 << 20).then(|| SourceFile {
                path: path.to_owned(),
                bytes,
            })
        })
        .collect())
}

fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
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

fn time(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status()?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(start.elapsed())
}
