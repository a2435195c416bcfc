//! How long whoever commits waits for the gate: a staged commit of one file in a repository of 11,000,
//! and a change of 500 hunks there, each call a process of its own, the cache warm.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const FILES: usize = 11_000;
const FILES_A_FOLDER: usize = 25;
const FUNCTIONS: usize = 30;
/// Files of the large change, and hunks in each.
const CHANGED: usize = 25;
const HUNKS: usize = 20;

/// Times `calls` calls of each kind and prints their quantiles.
pub(crate) fn gate(calls: usize, given: Option<PathBuf>) -> Result<()> {
    let program = super::program(given)?;
    let folder = tempfile::tempdir()?;
    let root = folder.path().canonicalize()?;
    println!("{FILES} files, {calls} calls of each kind");
    generate(&root)?;

    let mut bare = Vec::new();
    for _ in 0..calls {
        bare.push(run(&program, &root, &["--version"])?);
    }
    tell("a process that does nothing", bare);

    // Every call has another content staged, as every commit has.
    let mut staged = Vec::new();
    for at in 0..=calls {
        let file = path(&root, at * 211 % FILES);
        let text = fs::read_to_string(&file)?;
        fs::write(&file, text + &function(1_000 + at, "written"))?;
        git(&root, &["add", "--all"])?;
        let took = run(&program, &root, &["gate", "--staged"])?;
        git(&root, &["commit", "--quiet", "--message", "work"])?;
        // The first call loads what later ones remember.
        if at > 0 {
            staged.push(took);
        }
    }
    tell("gate --staged, one file, new content", staged);

    git(&root, &["checkout", "--quiet", "-b", "large"])?;
    for at in 0..CHANGED {
        let file = path(&root, at * 397 % FILES);
        let mut text = String::from("\"\"\"Views.\"\"\"\n");
        for number in 0..FUNCTIONS {
            let word = if number < HUNKS { "rewritten" } else { "plain" };
            text.push_str(&function(number, word));
        }
        fs::write(&file, text)?;
    }
    git(
        &root,
        &[
            "commit",
            "--quiet",
            "--all",
            "--message",
            "Rewrite\n\nCo-authored-by: Claude <noreply@anthropic.com>",
        ],
    )?;
    let facts = output(
        &program,
        &root,
        &["gate", "main..large", "--format", "facts"],
    )?;
    let facts: serde_json::Value = serde_json::from_slice(&facts)?;
    let hunks = facts["hunks"].as_array().map_or(0, Vec::len);
    let mut range = Vec::new();
    for _ in 0..calls {
        range.push(run(&program, &root, &["gate", "main..large"])?);
    }
    tell(&format!("gate main..large, {hunks} hunks"), range);
    Ok(())
}

fn function(number: usize, word: &str) -> String {
    format!(
        "\n\ndef view_{number}(request):\n    \"\"\"Shows it.\"\"\"\n    name = request.args.get(\"name\")\n    return render(\"{word}\", name=name)\n"
    )
}

fn path(root: &Path, at: usize) -> PathBuf {
    let folder = at / FILES_A_FOLDER;
    root.join(format!(
        "src/area_{}/part_{folder}/module_{at}.py",
        folder % 20
    ))
}

fn generate(root: &Path) -> Result<()> {
    let mut text = String::from("\"\"\"Views.\"\"\"\n");
    for number in 0..FUNCTIONS {
        text.push_str(&function(number, "plain"));
    }
    for at in 0..FILES {
        let file = path(root, at);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut own = text.clone();
        writeln!(own, "\n\nNUMBER = {at}")?;
        fs::write(&file, own)?;
    }
    git(root, &["init", "--quiet", "--initial-branch", "main"])?;
    for (key, value) in [
        ("user.name", "Ann"),
        ("user.email", "ann@example.org"),
        ("gc.auto", "0"),
    ] {
        git(root, &["config", key, value])?;
    }
    git(root, &["add", "--all"])?;
    git(root, &["commit", "--quiet", "--message", "begin"])
}

fn git(root: &Path, arguments: &[&str]) -> Result<()> {
    let status = Command::new("git")
        .current_dir(root)
        .args(arguments)
        .status()
        .context("git")?;
    if !status.success() {
        bail!("git {} failed", arguments.join(" "));
    }
    Ok(())
}

fn output(program: &Path, root: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(program)
        .current_dir(root)
        .args(arguments)
        .output()?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

fn run(program: &Path, root: &Path, arguments: &[&str]) -> Result<Duration> {
    let begun = Instant::now();
    let status = Command::new(program)
        .current_dir(root)
        .args(arguments)
        .stdout(Stdio::null())
        .status()?;
    let took = begun.elapsed();
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("trueline {} failed", arguments.join(" "));
    }
    Ok(took)
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| {
        let last = times.len().saturating_sub(1);
        let at = (percent * last).div_ceil(100);
        times.get(at).map_or(0.0, Duration::as_secs_f64) * 1e3
    };
    println!(
        "{what}: p50 {:.0} ms, p95 {:.0} ms, longest {:.0} ms",
        at(50),
        at(95),
        at(100)
    );
}
