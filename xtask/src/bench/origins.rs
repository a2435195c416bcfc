//! Times: whole-repository origins beside `git blame`, file by file.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::files::{self, Listing};

/// Commits between the two states of an incremental run.
const LATER: usize = 10;

/// Times both and prints them side by side. `sample` files are blamed; the rest is extrapolated by
/// bytes. We run in a clone that shares the objects, so that the cache is ours alone.
pub(crate) fn origins(
    repository: &Path,
    sample: usize,
    seed: u64,
    program: Option<PathBuf>,
) -> Result<()> {
    let trueline = super::program(program)?;
    let Listing { files, missing } = files::list(repository, seed)?;
    let total: u64 = files.iter().map(|f| f.bytes).sum();
    if files.is_empty() {
        bail!("{}: no file at HEAD", repository.display());
    }
    println!("{} files, {total} bytes, seed {seed}", files.len());
    for path in missing {
        println!("  left out, its content is missing here: {path}");
    }

    let folder = tempfile::tempdir()?;
    let clone = folder.path().join("clone.git");
    let from = std::path::absolute(repository)?;
    let run = Command::new("git")
        .args(["clone", "--quiet", "--bare", "--shared"])
        .args([&from, &clone])
        .status()?;
    if !run.success() {
        bail!("git clone failed");
    }
    let head = files::git(repository, &["rev-parse", "HEAD"])?;
    let ago = format!("HEAD~{LATER}");
    let earlier = files::git(repository, &["rev-parse", "--verify", &ago]);
    let ours = |at: &str, cache: bool| -> Result<f64> {
        files::git(&clone, &["update-ref", "--no-deref", "HEAD", at.trim()])?;
        let mut command = Command::new(&trueline);
        command.args(["stats", "--quiet", "--format", "json"]);
        if !cache {
            command.arg("--no-cache");
        }
        Ok(time(command.arg(&clone))?.as_secs_f64())
    };
    let cold = ours(&head, false)?;
    println!("trueline, all files, cold         {cold:>10.2} s");
    if let Ok(earlier) = earlier {
        ours(&earlier, true)?;
        let later = ours(&head, true)?;
        println!("trueline, all files, {LATER} commits on {later:>9.2} s");
    } else {
        ours(&head, true)?;
    }
    let warm = ours(&head, true)?;
    println!("trueline, all files, warm         {warm:>10.2} s");

    let (mut bytes, mut count) = (0, 0);
    let mut blamed = Duration::ZERO;
    for file in &files {
        if count == sample {
            break;
        }
        let start = Instant::now();
        let status = files::command(repository)
            .args(["blame", "--incremental", "HEAD", "--"])
            .arg(&file.path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if status.success() {
            blamed += start.elapsed();
            bytes += file.bytes;
            count += 1;
        } else {
            println!("  git blame failed, another file instead: {}", file.path);
        }
    }
    let blamed = blamed.as_secs_f64();
    println!("git blame, {count} files, {bytes} bytes   {blamed:>10.2} s");
    if bytes > 0 {
        let all = blamed / bytes as f64 * total as f64;
        println!("git blame, all files, extrapolated {all:>8.0} s");
        println!("ratio git blame : trueline cold   {:>10.0}", all / cold);
    }
    Ok(())
}

fn time(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status()?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(start.elapsed())
}
