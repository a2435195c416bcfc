//! `cargo xtask plant-anomalies REPO…`: how many false alarms real histories raise as they are, and
//! how many anomalies are found that were planted into them. The released program does all the
//! work, from the git objects on; the hits are judged by its JSON alone.
//!
//! Each try takes a seeded commit C of the last 300 days as the tip of the history and puts planted
//! commits on top of it, dated just after C. All kinds are planted on the same C in turn: the program
//! walks the history up to C once and each try only what was planted, from its cache, as a user's
//! second run does. Nothing is written to the repositories.

mod graft;
pub(crate) mod past;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use trueline_facts::health::{Anomaly, AnomalyKind};
use trueline_facts::{CommitId, Proportion};

use crate::bench::build;
use graft::{Graft, PLANTER, Planted, source};
use past::{DAY, Past, Point, WEEK, git};

/// C is not older than this at HEAD.
const RECENT: i64 = 300 * DAY;
/// C is so much younger than the repository; where that leaves nothing, [`YOUNG`].
const SETTLED: i64 = 60 * DAY;
const YOUNG: i64 = 30 * DAY;
/// The window of the report and the first days of a repository, in which nothing is judged.
const WINDOW: i64 = 365 * DAY;
const UNJUDGED: i64 = 28 * DAY;
const MONTH: f64 = 30.44 * DAY as f64;

const BURST_COMMITS: i64 = 60;
const BURST_WEEKS: u64 = 10;
const LARGE_FILES: u64 = 40;
const LARGE_LINES: u64 = 20_000;
const ENTRIES: u64 = 40;
const SILENT: i64 = 8 * WEEK;

/// Files that steer agents: (what a path of the same family contains, path, content).
const STEERING: [(&str, &str, &str); 6] = [
    (
        ".kiro",
        ".kiro/steering/product.md",
        "Prefer small functions.\n",
    ),
    (
        ".windsurf",
        ".windsurf/rules/style.md",
        "Prefer small functions.\n",
    ),
    (
        ".junie",
        ".junie/guidelines.md",
        "Prefer small functions.\n",
    ),
    (".mcp.json", ".mcp.json", "{ \"mcpServers\": {} }\n"),
    (".continue", ".continue/config.yaml", "name: planted\n"),
    (
        ".clinerules",
        ".clinerules/style.md",
        "Prefer small functions.\n",
    ),
];

const KINDS: [AnomalyKind; 5] = [
    AnomalyKind::VelocityBurst,
    AnomalyKind::LargeCommit,
    AnomalyKind::DependencyChange,
    AnomalyKind::AgentConfigurationChange,
    AnomalyKind::EvidenceLoss,
];

/// Numbers that look random and are the same on every machine: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}

/// What was planted and what would be a hit.
struct Try {
    commits: Vec<Planted>,
    hit: Hit,
}

enum Hit {
    /// The last planted commit is named.
    Commit,
    /// A week within seven days of the planted time, with at least half of the planted lines: the
    /// reported week is the one that is most out of the ordinary, not the one that holds them all.
    Week { time: i64, lines: u64 },
    /// The tool is named, within seven days of the planted time.
    Tool { time: i64, tool: &'static str },
}

/// Measures each repository and prints a table for it.
pub(crate) fn run(
    repositories: &[PathBuf],
    program: Option<PathBuf>,
    only: &[AnomalyKind],
    tries: u64,
    seed: u64,
) -> Result<()> {
    let trueline = program.map_or_else(build, Ok)?;
    for repository in repositories {
        println!(
            "\n{}, seed {seed}, {tries} tries a kind",
            repository.display()
        );
        let past = Past::read(repository)?;
        false_alarms(&trueline, repository, &past)?;
        let chosen = |kind: &AnomalyKind| only.is_empty() || only.contains(kind);
        if tries == 0 {
            continue;
        }
        let kinds = KINDS.into_iter().filter(chosen).map(Tally::new).collect();
        detection(&trueline, repository, &past, kinds, tries, seed)?;
    }
    Ok(())
}

/// How many of a kind were found so far.
struct Tally {
    kind: AnomalyKind,
    hits: u64,
    of: u64,
}

impl Tally {
    const fn new(kind: AnomalyKind) -> Self {
        Self {
            kind,
            hits: 0,
            of: 0,
        }
    }
}

fn false_alarms(trueline: &Path, repository: &Path, past: &Past) -> Result<()> {
    let anomalies = anomalies(trueline, repository, Cache::Off)?;
    let age = past.end - past.start;
    let judged = if age < WINDOW { age - UNJUDGED } else { WINDOW };
    let months = judged.max(0) as f64 / MONTH;
    println!(
        "alarms on the history as it is: {} in {months:.1} months judged, {:.2} a month",
        anomalies.len(),
        anomalies.len() as f64 / months
    );
    for kind in KINDS {
        let count = anomalies.iter().filter(|a| a.kind == kind).count();
        println!("  {:<28}{count:>4}", name(kind));
    }
    Ok(())
}

fn detection(
    trueline: &Path,
    repository: &Path,
    past: &Past,
    mut tallies: Vec<Tally>,
    tries: u64,
    seed: u64,
) -> Result<()> {
    let settled = if past.end - past.start < SETTLED + YOUNG {
        YOUNG
    } else {
        SETTLED
    };
    let mut points: Vec<&Point> = past
        .line
        .iter()
        .filter(|c| c.time >= past.end - RECENT && c.time >= past.start + settled)
        .collect();
    let mut random = Random(seed);
    // Drawn without replacement, so that a kind that cannot be planted everywhere comes to an end.
    while !points.is_empty() && tallies.iter().any(|tally| tally.of < tries) {
        let point = points.swap_remove(random.below(points.len()));
        // What is planted at a point depends on nothing but the seed and the point.
        let mut here = Random(random.0);
        let mut attempts = Vec::new();
        for tally in tallies.iter_mut().filter(|tally| tally.of < tries) {
            if let Some(attempt) = plant(repository, past, tally.kind, point, &mut here)? {
                attempts.push((tally, attempt));
            }
        }
        if attempts.is_empty() {
            continue;
        }
        let mut graft = Graft::new(repository, &point.id)?;
        // The walk up to the point, which all tries here share.
        anomalies(trueline, graft.directory.path(), Cache::Kept)?;
        for (tally, attempt) in attempts {
            graft.plant(&attempt.commits)?;
            let found = anomalies(trueline, graft.directory.path(), Cache::Kept)?;
            tally.of += 1;
            if found
                .iter()
                .any(|a| a.kind == tally.kind && attempt.hit.is(a, &graft))
            {
                tally.hits += 1;
                continue;
            }
            println!(
                "  missed after {}: {} ({})",
                point.id,
                name(tally.kind),
                attempt.hit
            );
            // What a reader needs to tell a miss from an alarm that says something else.
            for other in found.iter().filter(|a| a.kind == tally.kind) {
                let days = (other.time.0 - point.time) / DAY;
                if days.abs() <= 60 {
                    println!("    {days:+} days: {}", other.reason);
                }
            }
        }
    }
    for Tally { kind, hits, of } in tallies {
        let found = Proportion::new(hits, of);
        match found.share {
            Some(share) => println!(
                "{:<30}{hits:>4} of {of:<4}{:>4.0} %  (95 %: {:.0} to {:.0} %)",
                name(kind),
                100.0 * share,
                100.0 * found.low,
                100.0 * found.high
            ),
            None => println!("{:<30}skipped: no place to plant it", name(kind)),
        }
    }
    Ok(())
}

impl Hit {
    fn is(&self, anomaly: &Anomaly, graft: &Graft) -> bool {
        let near = |time: i64| (anomaly.time.0 - time).abs() <= WEEK;
        match self {
            Self::Commit => {
                let last = graft.commits.last();
                anomaly.commit.as_ref().map(CommitId::to_string).as_ref() == last
            }
            Self::Week { time, lines } => near(*time) && anomaly.value >= *lines as f64 / 2.0,
            Self::Tool { time, tool } => {
                near(*time) && anomaly.reason.split(' ').next() == Some(*tool)
            }
        }
    }
}

impl std::fmt::Display for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Commit => write!(f, "one commit"),
            Self::Week { lines, .. } => write!(f, "{lines} lines in a week"),
            Self::Tool { tool, .. } => write!(f, "{tool} silent"),
        }
    }
}

/// The commits to plant after a commit; `None` where this kind cannot be planted.
fn plant(
    repository: &Path,
    past: &Past,
    kind: AnomalyKind,
    point: &Point,
    random: &mut Random,
) -> Result<Option<Try>> {
    let one = |files| {
        Some(Try {
            commits: vec![Planted {
                time: point.time + 3_600,
                author: PLANTER.to_owned(),
                files,
            }],
            hit: Hit::Commit,
        })
    };
    Ok(match kind {
        AnomalyKind::VelocityBurst => Some(burst(past.usual_week(repository, point)?, point.time)),
        AnomalyKind::LargeCommit => one((0..LARGE_FILES)
            .map(|at| {
                let text = source(&format!("large_{at}"), LARGE_LINES / LARGE_FILES);
                (format!("planted/large_{at}.py"), text)
            })
            .collect()),
        AnomalyKind::DependencyChange => one(vec![dependencies(repository, &point.id)?]),
        AnomalyKind::AgentConfigurationChange => {
            let unseen: Vec<_> = STEERING
                .iter()
                .filter(|(part, ..)| !past.path_parts.contains(*part))
                .collect();
            unseen
                .get(random.below(unseen.len()))
                .and_then(|(_, path, text)| one(vec![((*path).to_owned(), (*text).to_owned())]))
        }
        // The eight weeks after it are copied.
        AnomalyKind::EvidenceLoss if point.time > past.end - SILENT => None,
        AnomalyKind::EvidenceLoss => {
            let tools = past.steady_tools(repository, point)?;
            tools.first().map(|tool| silence(past, point.time, tool))
        }
    })
}

/// Many commits in five and a half days, which lie within seven days of the calendar.
fn burst(usual_week: u64, after: i64) -> Try {
    let each = (BURST_WEEKS * usual_week)
        .div_ceil(BURST_COMMITS as u64)
        .max(1);
    let commits = (0..BURST_COMMITS)
        .map(|at| Planted {
            time: after + 3_600 + at * 11 * DAY / 2 / BURST_COMMITS,
            author: PLANTER.to_owned(),
            files: vec![(
                format!("planted/burst_{at}.py"),
                source(&format!("burst_{at}"), each),
            )],
        })
        .collect();
    Try {
        commits,
        hit: Hit::Week {
            time: after,
            lines: each * BURST_COMMITS as u64,
        },
    }
}

/// The commits of the next eight weeks by their authors, times and sizes, without evidence. Those
/// whose author is a bot or a tool are left out: the name itself is evidence.
fn silence(past: &Past, after: i64, tool: &'static str) -> Try {
    const NO_PERSONS: [&str; 6] = [
        "[bot]",
        "noreply@anthropic",
        "cursor",
        "copilot",
        "devin",
        "openai",
    ];
    let commits = past
        .commits
        .iter()
        .filter(|c| c.time > after && c.time <= after + SILENT)
        .filter(|c| {
            let author = c.author.to_lowercase();
            NO_PERSONS.iter().all(|part| !author.contains(part))
        })
        .enumerate()
        .map(|(at, commit)| Planted {
            time: commit.time,
            author: commit.author.clone(),
            files: vec![(
                format!("planted/copy_{at}.py"),
                source(&format!("copy_{at}"), commit.added.max(1)),
            )],
        })
        .collect();
    Try {
        commits,
        hit: Hit::Tool { time: after, tool },
    }
}

/// The shallowest manifest of a commit with new entries, or a first `requirements.txt`.
fn dependencies(repository: &Path, commit: &str) -> Result<(String, String)> {
    let listing = git(repository, &["ls-tree", "-r", "--name-only", commit])?;
    let mut manifests: Vec<&str> = listing
        .lines()
        .filter(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            [
                "Cargo.toml",
                "pyproject.toml",
                "package.json",
                "go.mod",
                "requirements.txt",
            ]
            .contains(&name)
        })
        .collect();
    manifests.sort_by_key(|path| (path.matches('/').count(), *path));
    for path in manifests.into_iter().take(20) {
        let Ok(text) = git(repository, &["show", &format!("{commit}:{path}")]) else {
            continue;
        };
        if let Some(text) = with_entries(path, &text) {
            return Ok((path.to_owned(), text));
        }
    }
    let text = entries(|n| format!("planted-{n}==1.0\n"));
    Ok(("requirements.txt".to_owned(), text))
}

fn entries(line: impl Fn(u64) -> String) -> String {
    (0..ENTRIES).map(line).collect()
}

/// The manifest with new entries after the line that opens a list of them.
fn with_entries(path: &str, text: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (openings, added): (&[&str], String) = match name {
        "Cargo.toml" => (
            &["[dependencies]\n", "[workspace.dependencies]\n"],
            entries(|n| format!("planted-{n} = \"1.0\"\n")),
        ),
        "pyproject.toml" => (
            &["\ndependencies = [\n"],
            entries(|n| format!("    \"planted-{n}>=1.0\",\n")),
        ),
        "package.json" => (
            &["\"dependencies\": {\n", "\"devDependencies\": {\n"],
            entries(|n| format!("    \"planted-{n}\": \"1.0.0\",\n")),
        ),
        "go.mod" => (
            &["\nrequire (\n"],
            entries(|n| format!("\texample.org/planted/m{n} v1.0.0\n")),
        ),
        _ => (&[""], entries(|n| format!("planted-{n}==1.0\n"))),
    };
    let at = openings
        .iter()
        .find_map(|opening| Some(text.find(opening)? + opening.len()))?;
    let (before, after) = text.split_at(at);
    Some(format!("{before}{added}{after}"))
}

/// A kind by its name in the report: `velocity-burst`.
pub(crate) fn kind(name: &str) -> Result<AnomalyKind, serde_json::Error> {
    serde_json::from_value(Value::from(name))
}

/// Whether the program may keep what it walked in the repository.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cache {
    Kept,
    Off,
}

/// What the released program reports.
fn anomalies(trueline: &Path, repository: &Path, cache: Cache) -> Result<Vec<Anomaly>> {
    let mut command = Command::new(trueline);
    command.args(["stats", "--format", "json", "--quiet"]);
    if cache == Cache::Off {
        command.arg("--no-cache");
    }
    let output = command
        .arg(repository)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()?;
    if !output.status.success() {
        bail!(
            "trueline stats: {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let found = report
        .pointer("/repositories/0/health/anomalies")
        .context("the report has no anomalies")?;
    Ok(serde_json::from_value(found.clone())?)
}

const fn name(kind: AnomalyKind) -> &'static str {
    match kind {
        AnomalyKind::VelocityBurst => "burst of 10 usual weeks",
        AnomalyKind::LargeCommit => "commit of 20,000 lines",
        AnomalyKind::DependencyChange => "40 dependency entries",
        AnomalyKind::AgentConfigurationChange => "new agent configuration",
        AnomalyKind::EvidenceLoss => "evidence lost for 8 weeks",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_go_into_the_list_that_the_manifest_has() {
        let cargo = with_entries("Cargo.toml", "[package]\n[dependencies]\na = \"1\"\n").unwrap();
        assert!(
            cargo.starts_with("[package]\n[dependencies]\nplanted-0 = \"1.0\"\n"),
            "{cargo}"
        );
        assert!(
            cargo.ends_with("planted-39 = \"1.0\"\na = \"1\"\n"),
            "{cargo}"
        );
    }

    #[test]
    fn a_manifest_without_a_list_is_left_alone() {
        assert_eq!(with_entries("a/Cargo.toml", "[workspace]\n"), None);
        assert_eq!(with_entries("package.json", "{}\n"), None);
    }

    #[test]
    fn a_burst_lies_within_seven_days_of_the_calendar() {
        let late = 20 * DAY - 1;
        let planted = burst(600, late);
        let days: Vec<i64> = planted.commits.iter().map(|c| c.time / DAY).collect();
        assert!(days[days.len() - 1] - days[0] < 7, "{days:?}");
        assert_eq!(planted.commits.len(), 60);
    }
}
