//! Counts how many files, or how many declared tools, of a folder have a shown finding: recall on a folder of attacks,
//! false alarms on a folder of harmless ones. Halves are by a digest of the path, so that one can be kept aside.
//!
//! `cargo run --release -p trueline-agents --example score -- FOLDER [--tools] [--named] [--half 0|1] [--list] [--all] [--rule ID]`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a developer's tool that talks to a terminal"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use sha2::{Digest, Sha256};
use trueline_agents::{
    AgentFile, Kind, check, in_skill, kind, skill_folders, skill_part, source_language,
};
use trueline_facts::{RepoPath, Tier};

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&path, out),
            Ok(kind) if kind.is_file() => out.push(path),
            _ => {}
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|a| a == flag);
    let value = |flag: &str| {
        arguments
            .iter()
            .position(|a| a == flag)
            .and_then(|at| arguments.get(at + 1))
    };
    let root = Path::new(arguments.first().expect("a folder"));
    let half = value("--half").map(|h| h.parse::<u8>().unwrap());
    let mut paths = Vec::new();
    if root.is_file() {
        paths.push(root.to_owned());
    } else {
        files(root, &mut paths);
    }
    paths.sort();
    let mut read: Vec<(RepoPath, String, Vec<u8>)> = Vec::new();
    for path in &paths {
        let below = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap_or_default()
            .replace('\\', "/");
        let parity = Sha256::digest(below.as_bytes())[0] & 1;
        if half.is_some_and(|h| h != parity) || below.contains("node_modules/") {
            continue;
        }
        let bytes = std::fs::read(path).unwrap_or_default();
        if bytes.len() > 1 << 20 {
            continue;
        }
        let text = if bytes.contains(&0) {
            String::new()
        } else {
            String::from_utf8_lossy(&bytes).into_owned()
        };
        read.push((
            RepoPath::from(below.as_str()),
            text,
            bytes.into_iter().take(64).collect(),
        ));
    }
    let skills = skill_folders(read.iter().map(|(path, ..)| path));
    let given: Vec<AgentFile<'_>> = read
        .iter()
        .filter_map(|(path, text, head)| {
            let part = in_skill(path, &skills).then(|| skill_part(path));
            // A text set has no names that tools know; a repository has, and most of its texts are for people.
            let named = has("--named");
            let prose = matches!(
                path.extension().to_ascii_lowercase().as_slice(),
                b"md" | b"mdc" | b"txt"
            )
            .then_some(Kind::Instructions)
            .filter(|_| !named);
            let kind = kind(path)
                .or(part)
                .or_else(|| source_language(path).map(Kind::Source))
                .or(prose)?;
            Some(AgentFile {
                path,
                kind,
                text,
                head,
            })
        })
        .collect();
    let start = Instant::now();
    let outcome = check(&given);
    let took = start.elapsed();
    let counted: Vec<_> = outcome
        .findings
        .iter()
        .filter(|f| {
            (has("--all") || f.tier == Tier::Shown)
                && value("--rule").is_none_or(|id| f.rule.as_str() == id)
        })
        .collect();
    let by_rule = counted
        .iter()
        .fold(BTreeMap::<&str, u32>::new(), |mut map, f| {
            *map.entry(f.rule.as_str()).or_default() += 1;
            map
        });
    let (units, hit): (BTreeSet<String>, BTreeSet<String>) = if has("--tools") {
        let hit = counted
            .iter()
            .map(|f| format!("{}#{}", f.location.path.display(), f.symbol))
            .collect();
        (outcome.seen.tools.keys().cloned().collect(), hit)
    } else {
        let units = given
            .iter()
            .filter(|f| !matches!(f.kind, Kind::Manifest | Kind::SkillBinary))
            .map(|f| f.path.display().into_owned())
            .collect();
        (
            units,
            counted
                .iter()
                .map(|f| f.location.path.display().into_owned())
                .collect(),
        )
    };
    let flagged = units.intersection(&hit).count();
    println!(
        "{flagged} of {} {} with a finding ({:.1} %); {} findings {by_rule:?}; {} files in {:.1} ms",
        units.len(),
        if has("--tools") { "tools" } else { "files" },
        flagged as f64 * 100.0 / units.len().max(1) as f64,
        counted.len(),
        given.len(),
        took.as_secs_f64() * 1e3
    );
    if has("--list") {
        for finding in &counted {
            println!(
                "  {}:{} {} [{}] {}",
                finding.location.path.display(),
                finding.location.start.line,
                finding.rule,
                finding.symbol,
                finding.message
            );
        }
    }
    if has("--misses") {
        for unit in units.difference(&hit) {
            println!("  no finding: {unit}");
        }
    }
}
