//! Scanners of model files beside ours, on the generated corpus and on folders of real files.
//!
//! Peers are optional: those are run that are installed in the folder given, or on the path. One process a file,
//! as their users run them, for a minute at most; a file that a peer fails on, or does not finish, is counted as an
//! error, not as a detection. Times are of the processor. Needs GNU time and `timeout`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

/// A peer: its program, the arguments before the file, and the exit code of a detection.
const PEERS: &[(&str, &[&str], i32)] = &[
    ("picklescan", &["--path"], 1),
    ("modelscan", &["-p"], 1),
    ("fickling", &["--check-safety"], 1),
    ("modelaudit", &["scan", "--quiet"], 1),
];

/// Seconds that a peer may take for a file.
const LIMIT: &str = "60";

/// Counts of one scanner.
#[derive(Debug, Default)]
struct Counts {
    detected: u64,
    false_alarms: u64,
    errors: u64,
    /// Seconds of the processor.
    time: f64,
}

struct Sample {
    malicious: bool,
    technique: String,
    file: PathBuf,
}

/// Runs all scanners; peers on `sample` files only, taken in turns from every technique.
pub(crate) fn artifacts(peers: Option<&Path>, sample: usize, benign: &[PathBuf]) -> Result<()> {
    let generator = super::build_example("trueline-artifacts", "corpus")?;
    let records = super::build_example("trueline-artifacts", "records")?;
    let folder = tempfile::tempdir()?;
    let status = Command::new(generator).arg(folder.path()).status()?;
    anyhow::ensure!(status.success(), "the corpus could not be written");
    let manifest = std::fs::read_to_string(folder.path().join("manifest.tsv"))?;
    let mut samples: Vec<Sample> = manifest
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, '\t');
            Some(Sample {
                malicious: fields.next()? == "malicious",
                technique: fields.next()?.to_owned(),
                file: folder.path().join(fields.next()?),
            })
        })
        .collect();
    for folder in benign {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        samples.extend(files.into_iter().map(|file| Sample {
            malicious: false,
            technique: "real".to_owned(),
            file,
        }));
    }
    let all: Vec<&Sample> = samples.iter().collect();
    let some = in_turns(&all, sample);
    println!(
        "{:<22} {:>6} {:>9} {:>13} {:>7} {:>9}",
        "scanner", "files", "detected", "false alarms", "errors", "ms/file"
    );
    let mut by_technique: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
    let (least, counts) = ours(&records, &all, &mut by_technique)?;
    row("trueline", &all, &counts);
    row("trueline (malicious)", &all, &least);
    for (name, arguments, found) in PEERS {
        let program = peers.map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
        match peer(&program, arguments, *found, &some) {
            Ok(counts) => row(name, &some, &counts),
            Err(error) => println!("{name:<22} not run: {error}"),
        }
    }
    println!("\ntechnique: attacks, detected; benign, false alarms");
    for (technique, [attacks, detected, benign, false_alarms]) in by_technique {
        println!("{technique:<16} {attacks:>6} {detected:>6} {benign:>6} {false_alarms:>6}");
    }
    Ok(())
}

/// The first of every technique, then the second of every technique, and so on: attacks and harmless files apart.
fn in_turns<'s>(all: &[&'s Sample], count: usize) -> Vec<&'s Sample> {
    let mut seen: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    let mut turns: Vec<(usize, &Sample)> = all
        .iter()
        .map(|sample| {
            let turn = seen
                .entry((&sample.technique, sample.malicious))
                .or_default();
            *turn += 1;
            (*turn, *sample)
        })
        .collect();
    turns.sort_by_key(|(turn, _)| *turn);
    turns.truncate(count);
    turns.into_iter().map(|(_, sample)| sample).collect()
}

fn row(name: &str, samples: &[&Sample], counts: &Counts) {
    let attacks = samples.iter().filter(|s| s.malicious).count() as u64;
    let benign = samples.len() as u64 - attacks;
    println!(
        "{name:<22} {:>6} {:>9} {:>13} {:>7} {:>9.2}",
        samples.len(),
        format!("{}/{attacks}", counts.detected),
        format!("{}/{benign}", counts.false_alarms),
        counts.errors,
        counts.time * 1000.0 / samples.len().max(1) as f64,
    );
}

/// Ours: with `suspicious` counted, and with `malicious` alone.
fn ours<'s>(
    program: &Path,
    samples: &[&'s Sample],
    by_technique: &mut BTreeMap<&'s str, [u64; 4]>,
) -> Result<(Counts, Counts)> {
    let (mut malicious, mut counts) = (Counts::default(), Counts::default());
    for chunk in samples.chunks(200) {
        let (output, seconds) = timed(program, &[], chunk.iter().map(|s| s.file.as_path()))?;
        counts.time += seconds;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines();
        for sample in chunk {
            let record: Value = lines
                .next()
                .and_then(|l| serde_json::from_str(l).ok())
                .unwrap_or_default();
            let verdict = record["verdict"].as_str().unwrap_or("error");
            counts.errors += u64::from(verdict == "error");
            let found = matches!(verdict, "malicious" | "suspicious");
            let entry = by_technique.entry(&sample.technique).or_default();
            if sample.malicious {
                counts.detected += u64::from(found);
                malicious.detected += u64::from(verdict == "malicious");
                entry[0] += 1;
                entry[1] += u64::from(found);
            } else {
                counts.false_alarms += u64::from(found);
                malicious.false_alarms += u64::from(verdict == "malicious");
                entry[2] += 1;
                entry[3] += u64::from(found);
            }
        }
    }
    malicious.time = counts.time;
    Ok((malicious, counts))
}

/// Runs a program on files; what it said and how much of the processor it took.
fn timed<'f>(
    program: &Path,
    arguments: &[&str],
    files: impl IntoIterator<Item = &'f Path>,
) -> Result<(Output, f64)> {
    let figures = tempfile::NamedTempFile::new()?;
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%U %S", "-o"])
        .arg(figures.path())
        .args(["timeout", "--kill-after=5", LIMIT])
        .arg(program)
        .args(arguments)
        .args(files)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .context("GNU time is not installed")?;
    // What `timeout` gives for a program that is not there.
    anyhow::ensure!(output.status.code() != Some(127), "not installed");
    let text = std::fs::read_to_string(figures.path())?;
    let last = text.lines().last().unwrap_or_default();
    let seconds = last.split(' ').filter_map(|n| n.parse::<f64>().ok()).sum();
    Ok((output, seconds))
}

fn peer(program: &Path, arguments: &[&str], found: i32, samples: &[&Sample]) -> Result<Counts> {
    let mut counts = Counts::default();
    for sample in samples {
        let (output, seconds) = timed(program, arguments, [sample.file.as_path()])?;
        counts.time += seconds;
        match output.status.code() {
            Some(0) => {}
            Some(code) if code == found => {
                if sample.malicious {
                    counts.detected += 1;
                } else {
                    counts.false_alarms += 1;
                }
            }
            _ => counts.errors += 1,
        }
    }
    Ok(counts)
}
