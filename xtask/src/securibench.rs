//! `cargo xtask securibench SARIF FOLDER`: a log against securibench-micro, by feature of the language.
//!
//! The suite marks the lines of its sinks with `/* BAD */` and `/* OK */`. A line counts as reported
//! if a finding with an injection's weakness begins on it. Printed by group of servlets (aliasing,
//! arrays, collections …): how many of either are reported, and the lines on which we are wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Weaknesses that its sinks stand for: XSS, SQL, commands, paths, redirects.
const INJECTIONS: &[u32] = &[22, 23, 36, 73, 77, 78, 79, 80, 88, 89, 116, 564, 601, 943];

#[derive(Default)]
struct Group {
    found: u32,
    bad: u32,
    alarms: u32,
    ok: u32,
}

/// Scores a log.
pub(crate) fn run(sarif: &Path, folder: &Path, misses: bool) -> Result<()> {
    let bytes =
        std::fs::read(sarif).with_context(|| format!("{} could not be read", sarif.display()))?;
    let imported = trueline_sarif::read(&bytes, b"")
        .with_context(|| format!("{} is no SARIF log", sarif.display()))?;
    let mut reported: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for finding in imported.findings {
        if finding.cwe.iter().any(|c| INJECTIONS.contains(&c.0)) {
            let path = finding.location.path.to_string();
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            let lines = reported.entry(name).or_default();
            lines.insert(finding.location.start.line);
        }
    }
    let mut files = Vec::new();
    servlets(folder, &mut files)?;
    files.sort();
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in &files {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let parent = file.parent().and_then(Path::file_name).unwrap_or_default();
        let group = groups.entry(parent.to_string_lossy().into()).or_default();
        let lines = reported.get(name.as_ref());
        for (line, at) in text.lines().zip(1_u32..) {
            let is_reported = lines.is_some_and(|lines| lines.contains(&at));
            if line.contains("/* BAD") {
                group.bad += 1;
                group.found += u32::from(is_reported);
                if !is_reported {
                    wrong.push(format!("missed {name}:{at}"));
                }
            } else if line.contains("/* OK") {
                group.ok += 1;
                group.alarms += u32::from(is_reported);
                if is_reported {
                    wrong.push(format!("false {name}:{at}"));
                }
            }
        }
    }
    groups.retain(|_, group| group.bad + group.ok > 0);
    if groups.is_empty() {
        bail!("{}: no marked lines", folder.display());
    }
    println!("{:<18}{:>12}{:>12}", "feature", "BAD found", "OK reported");
    let mut all = Group::default();
    for (name, group) in &groups {
        print(name, group);
        all.found += group.found;
        all.bad += group.bad;
        all.alarms += group.alarms;
        all.ok += group.ok;
    }
    print("all", &all);
    if misses {
        println!("{}", wrong.join("\n"));
    }
    Ok(())
}

fn print(name: &str, group: &Group) {
    let bad = format!("{} of {}", group.found, group.bad);
    let ok = format!("{} of {}", group.alarms, group.ok);
    println!("{name:<18}{bad:>12}{ok:>12}");
}

fn servlets(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("{} could not be read", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            servlets(&entry.path(), files)?;
        } else if entry.path().extension().is_some_and(|e| e == "java") {
            files.push(entry.path());
        }
    }
    Ok(())
}
