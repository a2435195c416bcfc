//! Scanners of model files beside ours, on the generated corpus and on folders of real files.
//!
//! Peers are optional: those are run that are installed in the folder given, or on the path. A peer that reports by
//! file in JSON is given many files at once, the others one; a file that a peer fails on, does not read, or does not
//! finish within a minute, and in which it finds nothing, is counted as an error. Times are of the processor. Needs GNU
//! time and `timeout`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

/// A peer: its program, and how it is asked.
const PEERS: &[(&str, Asked)] = &[
    (
        "picklescan",
        Asked::Each {
            arguments: &["--path"],
            found: 1,
        },
    ),
    (
        "modelscan",
        Asked::Many {
            arguments: &["-r", "json", "-o"],
            files: Files::Folder,
            outcome: modelscan,
        },
    ),
    (
        "fickling",
        Asked::Each {
            arguments: &["--check-safety"],
            found: 1,
        },
    ),
    (
        "modelaudit",
        Asked::Many {
            arguments: &["scan", "--quiet", "--no-cache", "--format", "json", "-o"],
            files: Files::Named,
            outcome: modelaudit,
        },
    ),
];

/// How a peer is asked about files.
enum Asked {
    /// A process a file; the exit code of a detection.
    Each {
        arguments: &'static [&'static str],
        found: i32,
    },
    /// A process for many: the arguments before the name of the JSON report, and what the report says of a file.
    Many {
        arguments: &'static [&'static str],
        files: Files,
        outcome: fn(&Value, &str) -> Outcome,
    },
}

/// How many files are named.
enum Files {
    /// By the folder that holds them, behind `-p`.
    Folder,
    /// One by one.
    Named,
}

/// What a peer made of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Found,
    Nothing,
    Error,
}

/// Files that a peer is given at once.
const CHUNK: usize = 32;

/// Seconds that a peer may take for a file.
const LIMIT: u64 = 60;

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
        let mut files: Vec<PathBuf> = std::fs::read_dir(std::path::absolute(folder)?)?
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
    let peers = peers.map(std::path::absolute).transpose()?;
    for (name, asked) in PEERS {
        let program = peers
            .as_ref()
            .map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
        match peer(&program, asked, &some) {
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
        let files = chunk.iter().map(|s| s.file.as_os_str());
        let (output, seconds) = timed(program, &[], files, LIMIT)?;
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
    files: impl IntoIterator<Item = &'f OsStr>,
    limit: u64,
) -> Result<(Output, f64)> {
    // Some write reports where they run.
    let folder = tempfile::tempdir()?;
    let figures = folder.path().join("figures");
    let output = Command::new("/usr/bin/time")
        .current_dir(folder.path())
        // A measurement tells nobody, and waits for nobody.
        .env("PROMPTFOO_DISABLE_TELEMETRY", "1")
        .args(["-f", "%U %S", "-o"])
        .arg(&figures)
        .args(["timeout", "--kill-after=5"])
        .arg(limit.to_string())
        .arg(program)
        .args(arguments)
        .args(files)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .context("GNU time is not installed")?;
    // What `timeout` gives for a program that is not there.
    anyhow::ensure!(output.status.code() != Some(127), "not installed");
    let text = std::fs::read_to_string(&figures)?;
    let last = text.lines().last().unwrap_or_default();
    let seconds = last.split(' ').filter_map(|n| n.parse::<f64>().ok()).sum();
    Ok((output, seconds))
}

fn peer(program: &Path, asked: &Asked, samples: &[&Sample]) -> Result<Counts> {
    // One that lacks a library ends with the code of a detection.
    let (output, _) = timed(program, &["--help"], [], LIMIT)?;
    anyhow::ensure!(output.status.success(), "it does not start");
    let mut counts = Counts::default();
    let outcomes = match asked {
        Asked::Each { arguments, found } => {
            let mut outcomes = Vec::new();
            for sample in samples {
                let file = [sample.file.as_os_str()];
                let (output, seconds) = timed(program, arguments, file, LIMIT)?;
                counts.time += seconds;
                outcomes.push(match output.status.code() {
                    Some(0) => Outcome::Nothing,
                    Some(code) if code == *found => Outcome::Found,
                    _ => Outcome::Error,
                });
            }
            outcomes
        }
        Asked::Many { .. } => {
            let mut outcomes = Vec::new();
            for chunk in samples.chunks(CHUNK) {
                outcomes.extend(many(program, asked, chunk, &mut counts.time)?);
            }
            outcomes
        }
    };
    for (sample, outcome) in samples.iter().zip(outcomes) {
        match outcome {
            Outcome::Found if sample.malicious => counts.detected += 1,
            Outcome::Found => counts.false_alarms += 1,
            Outcome::Nothing => {}
            Outcome::Error => counts.errors += 1,
        }
    }
    Ok(counts)
}

/// Asks about many files, and again about halves of them if there is no report.
fn many(
    program: &Path,
    asked: &Asked,
    samples: &[&Sample],
    time: &mut f64,
) -> Result<Vec<Outcome>> {
    let Asked::Many {
        arguments,
        files,
        outcome,
    } = asked
    else {
        return Ok(Vec::new());
    };
    // Each in a folder of its own: names count for some scanners.
    let folder = tempfile::tempdir()?;
    let mut paths = Vec::new();
    for (at, sample) in samples.iter().enumerate() {
        let name = sample.file.file_name().unwrap_or_default();
        let place = folder.path().join(format!("{at:04}"));
        std::fs::create_dir(&place)?;
        std::fs::copy(&sample.file, place.join(name))?;
        paths.push(place.join(name));
    }
    let report = tempfile::Builder::new().suffix(".json").tempfile()?;
    let mut given = vec![report.path().as_os_str()];
    match files {
        Files::Folder => given.extend([OsStr::new("-p"), folder.path().as_os_str()]),
        Files::Named => given.extend(paths.iter().map(|path| path.as_os_str())),
    }
    let limit = LIMIT * samples.len() as u64;
    let (_, seconds) = timed(program, arguments, given, limit)?;
    *time += seconds;
    let text = std::fs::read(report.path())?;
    match serde_json::from_slice::<Value>(&text) {
        Ok(report) => Ok(paths
            .iter()
            .enumerate()
            .map(|(at, path)| match files {
                Files::Folder => {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    outcome(&report, &format!("{at:04}/{name}"))
                }
                Files::Named => outcome(&report, &path.to_string_lossy()),
            })
            .collect()),
        Err(_) if samples.len() == 1 => Ok(vec![Outcome::Error]),
        Err(_) => {
            let (first, second) = samples.split_at(samples.len() / 2);
            let mut outcomes = many(program, asked, first, time)?;
            outcomes.extend(many(program, asked, second, time)?);
            Ok(outcomes)
        }
    }
}

/// An issue is a detection; what was not scanned is an error.
fn modelscan(report: &Value, file: &str) -> Outcome {
    let of_file = |entry: &Value| {
        let place = entry["source"].as_str().unwrap_or_default();
        place
            .strip_prefix(file)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let scanned = list(&report["summary"]["scanned"]["scanned_files"]);
    let is_scanned = scanned
        .iter()
        .filter_map(Value::as_str)
        .any(|name| name.starts_with(file));
    if list(&report["issues"]).iter().any(of_file) {
        Outcome::Found
    } else if !is_scanned || list(&report["errors"]).iter().any(of_file) {
        Outcome::Error
    } else {
        Outcome::Nothing
    }
}

/// A warning or worse is a detection, as for its exit code; what it calls inconclusive is an error.
fn modelaudit(report: &Value, file: &str) -> Outcome {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let is_bad = |entry: &Value| {
        let severity = entry["severity"].as_str().unwrap_or_default();
        let place = entry["location"].as_str().unwrap_or_default();
        matches!(severity, "warning" | "critical") && place.starts_with(file)
    };
    let failed = |entry: &Value| entry["status"] == "failed" && is_bad(entry);
    let known = &report["file_metadata"][file];
    if list(&report["issues"]).iter().any(is_bad) || list(&report["checks"]).iter().any(failed) {
        Outcome::Found
    } else if known.is_null()
        || known["operational_error"] == true
        || known["scan_outcome"] == "inconclusive"
    {
        Outcome::Error
    } else {
        Outcome::Nothing
    }
}
