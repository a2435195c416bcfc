//! Times: a scan from scratch, and scans after one file was edited: in a fresh and in a running
//! process. Nothing is written to the given tree: a copy is scanned, in git or outside of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Edits in fresh processes.
const EDITS: usize = 5;

/// Copies the tree, scans the copy and edits `file` (a path in the tree) of it.
pub(crate) fn incremental(
    tree: &Path,
    file: &Path,
    git: bool,
    program: Option<PathBuf>,
) -> Result<()> {
    let trueline = super::program(program)?;
    let example = super::build_example("trueline-scan", "rescan")?;
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("tree");
    run(Command::new("cp").arg("-R").arg(tree).arg(&copy))?;
    fs::remove_dir_all(copy.join(".git")).ok();
    if git {
        let git = || {
            let mut command = Command::new("git");
            command.arg("-C").arg(&copy);
            command
        };
        run(git().args(["init", "--quiet"]))?;
        run(git().args(["add", "--all"]))?;
        let person = [
            "-c",
            "user.name=bench",
            "-c",
            "user.email=bench@example.org",
        ];
        run(git()
            .args(person)
            .args(["commit", "--quiet", "--message", "all"]))?;
    }
    // The cache is ours alone.
    let cache = folder.path().join("cache");
    let scan = |cached: bool| -> Result<f64> {
        let mut command = Command::new(&trueline);
        command
            .args(["scan", "--quiet", "--format", "json", "--output"])
            .arg(folder.path().join("report.json"))
            .env("XDG_CACHE_HOME", &cache);
        if !cached {
            command.arg("--no-cache");
        }
        let start = Instant::now();
        run(command.arg(&copy))?;
        Ok(start.elapsed().as_secs_f64())
    };
    // Files that changed a moment ago are read again: let them come to rest.
    std::thread::sleep(Duration::from_secs(3));
    println!("from scratch, no cache     {:>8.3} s", scan(false)?);
    println!("from scratch, cache filled {:>8.3} s", scan(true)?);
    println!("fresh process, no edit     {:>8.3} s", scan(true)?);
    let edited = copy.join(file);
    let mark = if edited.extension().is_some_and(|e| e == "py") {
        "#"
    } else {
        "//"
    };
    let mut times = Vec::new();
    for edit in 0..EDITS {
        let text = fs::read_to_string(&edited).context("the file to edit cannot be read")?;
        fs::write(&edited, format!("{text}\n{mark} edit {edit}\n"))?;
        times.push(scan(true)?);
    }
    times.sort_by(f64::total_cmp);
    let median = times.get(EDITS / 2).copied().unwrap_or_default();
    println!("fresh process, one edit    {median:>8.3} s, median of {EDITS}");
    let status = Command::new(example)
        .args([&copy, &edited])
        .env("XDG_CACHE_HOME", &cache)
        .status()?;
    if !status.success() {
        bail!("the running process failed");
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}
