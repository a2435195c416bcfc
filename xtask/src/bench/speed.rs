//! Speed and memory of a scan from scratch with all rules, beside other scanners, where they are
//! installed: lines that are not blank per second of processor time, and the peak of memory. Outside
//! of git, as the others know no history. Needs GNU time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Other scanners: their program, and what they are called with before the tree.
const PEERS: &[(&str, &[&str])] = &[
    ("bandit", &["-r", "-q", "-f", "json"]),
    ("foxguard", &["--format", "json"]),
];

/// What a run took.
pub(super) struct Cost {
    pub(super) seconds: f64,
    pub(super) processor: f64,
    pub(super) megabytes: f64,
}

/// Scans a copy of each tree.
pub(crate) fn speed(trees: &[PathBuf], program: Option<PathBuf>) -> Result<()> {
    let trueline = super::program(program)?;
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("report.json");
    for tree in trees {
        let name = tree
            .file_name()
            .unwrap_or(tree.as_os_str())
            .to_string_lossy();
        let copy = folder.path().join("tree");
        fs::remove_dir_all(&copy).ok();
        succeed(Command::new("cp").arg("-R").arg(tree).arg(&copy))?;
        fs::remove_dir_all(copy.join(".git")).ok();
        let mut command = vec![trueline.clone().into_os_string()];
        let options = [
            "scan",
            "--all",
            "--no-cache",
            "--quiet",
            "--format",
            "json",
            "--output",
        ];
        command.extend(options.map(Into::into));
        command.extend([
            report.clone().into_os_string(),
            copy.clone().into_os_string(),
        ]);
        let cost = run(folder.path(), &command)?;
        let lines = lines(&report)?;
        let all: u64 = lines.values().sum();
        let languages: Vec<String> = lines.iter().map(|(l, n)| format!("{n} {l}")).collect();
        println!("{name}: {all} lines ({})", languages.join(", "));
        print("trueline", &cost, all);
        for (peer, options) in PEERS {
            let mut command = vec![(*peer).into()];
            command.extend(options.iter().map(Into::into));
            command.push(copy.clone().into_os_string());
            let Ok(cost) = run(folder.path(), &command) else {
                println!("  {peer:<10} not installed");
                continue;
            };
            // Others read some of the languages only.
            let theirs = match *peer {
                "bandit" => lines.get("python").copied().unwrap_or(0),
                _ => all,
            };
            print(peer, &cost, theirs);
        }
    }
    Ok(())
}

fn print(name: &str, cost: &Cost, lines: u64) {
    println!(
        "  {name:<10} {:>8.2} s processor {:>8.2} s wall {:>6.0} MB {:>10.0} lines per second of processor",
        cost.processor,
        cost.seconds,
        cost.megabytes,
        lines as f64 / cost.processor.max(0.01),
    );
}

/// Runs a command to its end; findings are no failure, but a program that is not there is.
pub(super) fn run(folder: &Path, command: &[std::ffi::OsString]) -> Result<Cost> {
    let figures = folder.join("time");
    let status = Command::new("/usr/bin/time")
        .args(["-f", "%e %U %S %M", "-o"])
        .arg(&figures)
        .args(command)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("GNU time is not installed")?;
    if status.code() == Some(127) {
        bail!("not installed");
    }
    let text = fs::read_to_string(figures)?;
    let last = text.lines().last().unwrap_or_default();
    let numbers: Vec<f64> = last.split(' ').filter_map(|n| n.parse().ok()).collect();
    let [seconds, user, system, kilobytes] = numbers.as_slice() else {
        bail!("GNU time said {text:?}");
    };
    Ok(Cost {
        seconds: *seconds,
        processor: user + system,
        megabytes: kilobytes / 1024.0,
    })
}

/// Lines that are not blank, by language, as the report counts them.
fn lines(report: &Path) -> Result<BTreeMap<String, u64>> {
    let document: serde_json::Value = serde_json::from_slice(&fs::read(report)?)?;
    let languages = document["sources"]["languages"].as_object();
    let languages = languages.context("the report has no languages")?;
    Ok(languages
        .iter()
        .map(|(name, row)| (name.clone(), row["lines"].as_u64().unwrap_or(0)))
        .collect())
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}
