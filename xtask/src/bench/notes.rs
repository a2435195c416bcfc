//! Do we read git-ai notes right? A second reader, written from the format's description alone and
//! sharing no code with ours, reads every note through `git cat-file`, counts what cannot be used,
//! and resolves each line of a seeded sample of files; both answers are compared.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::files;

const NOTES: &str = "refs/notes/ai";

/// Compares counts, then the lines of `sample` seeded files of HEAD.
pub(crate) fn notes(
    repository: &Path,
    sample: usize,
    seed: u64,
    program: Option<PathBuf>,
) -> Result<()> {
    let trueline = super::program(program)?;
    let notes = Notes::read(repository)?;
    let theirs = notes.count(repository)?;
    let stats = json(
        Command::new(&trueline)
            .args(["stats", "--quiet", "--format", "json"])
            .arg(repository),
    )?;
    let ours = &stats["repositories"][0]["notes"];
    println!("count              trueline  second reader");
    for (name, theirs) in theirs {
        println!("{name:<17} {:>9}  {theirs:>13}", ours[name].to_string());
    }
    let mut lines = Lines::default();
    for file in files::list(repository, seed)?.files {
        if lines.files == sample {
            break;
        }
        let blame = json(
            Command::new(&trueline)
                .args(["blame", "--quiet", "--format", "json"])
                .arg(repository.join(&file.path)),
        );
        // Binary files have no lines.
        let Ok(blame) = blame else { continue };
        lines.files += 1;
        let runs = blame["runs"].as_array().map(Vec::as_slice);
        for run in runs.unwrap_or_default() {
            lines.compare(&notes, &file.path, run);
        }
    }
    println!(
        "\nseed {seed}: {} files; lines of noted commits: {} with the same session or person, {} without an entry in both, {} that differ",
        lines.files,
        lines.same,
        lines.neither,
        lines.differ.len()
    );
    for example in lines.differ.iter().take(8) {
        println!("  {example}");
    }
    Ok(())
}

/// Who an entry's key stands for.
#[derive(Clone, PartialEq, Eq)]
enum Who {
    Session(String),
    Person,
}

enum Key {
    Known(Who),
    Foreign,
    Unknown,
}

struct Entry {
    key: String,
    ranges: Vec<(u64, u64)>,
}

struct Note {
    blocks: Vec<(String, Vec<Entry>)>,
    known: BTreeSet<String>,
}

struct Notes {
    by_commit: HashMap<String, Note>,
    unreadable: usize,
    /// Legacy keys that some note explains.
    legacy: BTreeSet<String>,
}

impl Notes {
    fn read(repository: &Path) -> Result<Self> {
        let tree = files::git(repository, &["ls-tree", "-r", NOTES])?;
        let mut child = files::command(repository)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut asks = child.stdin.take().context("git takes no input")?;
        let mut answers = BufReader::new(child.stdout.take().context("git gives no output")?);
        let mut notes = Self {
            by_commit: HashMap::new(),
            unreadable: 0,
            legacy: BTreeSet::new(),
        };
        for row in tree.lines() {
            let (head, path) = row.split_once('\t').context("a row of ls-tree")?;
            let blob = head.rsplit(' ').next().unwrap_or_default();
            writeln!(asks, "{blob}")?;
            let mut answer = String::new();
            answers.read_line(&mut answer)?;
            let size = answer
                .trim()
                .rsplit(' ')
                .next()
                .and_then(|s| s.parse().ok());
            let Some(size) = size else {
                notes.unreadable += 1;
                continue;
            };
            let mut text = vec![0; size];
            answers.read_exact(&mut text)?;
            answers.read_exact(&mut [0])?;
            match parse(&String::from_utf8_lossy(&text), &mut notes.legacy) {
                Some(note) => {
                    notes.by_commit.insert(path.replace('/', ""), note);
                }
                None => notes.unreadable += 1,
            }
        }
        drop(asks);
        child.wait()?;
        Ok(notes)
    }

    fn count(&self, repository: &Path) -> Result<[(&'static str, usize); 6]> {
        let (mut reachable, mut foreign, mut unknown, mut absent) = (0, 0, 0, 0);
        for commit in files::git(repository, &["rev-list", "HEAD"])?.lines() {
            let Some(note) = self.by_commit.get(commit) else {
                continue;
            };
            reachable += 1;
            let tree = files::git(repository, &["ls-tree", "-r", "-z", commit])?;
            let files: BTreeSet<&str> = tree
                .split('\0')
                .filter(|row| row.starts_with("100"))
                .filter_map(|row| Some(row.split_once('\t')?.1))
                .collect();
            for (path, entries) in &note.blocks {
                absent += usize::from(!files.contains(path.as_str()));
                for entry in entries {
                    match self.resolve(note, &entry.key) {
                        Key::Known(_) => {}
                        Key::Foreign => foreign += 1,
                        Key::Unknown => unknown += 1,
                    }
                }
            }
        }
        Ok([
            ("read", self.by_commit.len()),
            ("unreadable", self.unreadable),
            ("reachable", reachable),
            ("foreign_keys", foreign),
            ("unknown_keys", unknown),
            ("absent_paths", absent),
        ])
    }

    fn resolve(&self, note: &Note, key: &str) -> Key {
        let hex = |text: &str, len: usize| {
            text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let (session, trace) = key.split_once("::").unwrap_or((key, ""));
        let trace = trace.is_empty() || trace.strip_prefix("t_").is_some_and(|t| hex(t, 14));
        if session.strip_prefix("s_").is_some_and(|s| hex(s, 14)) && trace {
            return known(
                note.known.contains(session),
                Who::Session(session.to_owned()),
            );
        }
        if key.strip_prefix("h_").is_some_and(|h| hex(h, 14)) {
            return known(note.known.contains(key), Who::Person);
        }
        if hex(key, 16) || hex(key, 7) {
            let explained = note.known.contains(key) || self.legacy.contains(key);
            return known(explained, Who::Session(key.to_owned()));
        }
        Key::Unknown
    }

    /// The last entry that covers a line and is explained.
    fn who(&self, commit: &str, path: &str, line: u64) -> Option<Who> {
        let note = self.by_commit.get(commit)?;
        let (_, entries) = note.blocks.iter().find(|(name, _)| name == path)?;
        entries.iter().rev().find_map(|entry| {
            let covers = entry.ranges.iter().any(|(a, z)| (*a..=*z).contains(&line));
            match self.resolve(note, &entry.key) {
                Key::Known(who) if covers => Some(who),
                _ => None,
            }
        })
    }
}

fn known(explained: bool, who: Who) -> Key {
    if explained {
        Key::Known(who)
    } else {
        Key::Foreign
    }
}

fn parse(text: &str, legacy: &mut BTreeSet<String>) -> Option<Note> {
    let mut blocks: Vec<(String, Vec<Entry>)> = Vec::new();
    let mut rest = text;
    loop {
        let (line, after) = rest.split_once('\n')?;
        rest = after;
        let line = line.trim_end();
        if line == "---" {
            break;
        }
        if let Some(entry) = line.strip_prefix("  ") {
            let (key, ranges) = entry.split_once(' ')?;
            let ranges = ranges
                .split(',')
                .filter(|range| !range.is_empty())
                .map(|range| {
                    let (first, last) = range.split_once('-').unwrap_or((range, range));
                    Some((first.parse().ok()?, last.parse().ok()?))
                })
                .collect::<Option<Vec<_>>>()?;
            let key = key.to_owned();
            blocks.last_mut()?.1.push(Entry { key, ranges });
        } else if !line.is_empty() {
            blocks.push((line.trim_matches('"').to_owned(), Vec::new()));
        }
    }
    let metadata: Value = serde_json::from_str(rest).ok()?;
    let keys = |name: &str| -> Vec<String> {
        let records = metadata[name].as_object();
        records.map_or_else(Vec::new, |r| r.keys().cloned().collect())
    };
    legacy.extend(keys("prompts"));
    let known = ["sessions", "humans", "prompts"].into_iter().flat_map(keys);
    Some(Note {
        blocks,
        known: known.collect(),
    })
}

#[derive(Default)]
struct Lines {
    files: usize,
    same: usize,
    neither: usize,
    differ: Vec<String>,
}

impl Lines {
    /// A run of `trueline blame --format json`, line by line.
    fn compare(&mut self, notes: &Notes, path: &str, run: &Value) {
        let text = |name: &str| run[name].as_str().unwrap_or_default();
        let number = |name: &str| run[name].as_u64().unwrap_or_default();
        let commit = text("commit");
        if !notes.by_commit.contains_key(commit) {
            return;
        }
        let origin = &run["origin"];
        let by_note = origin["evidence"].as_array().is_some_and(|all| {
            all.iter()
                .any(|e| e["class"] == "note" && e["grain"] == "line" && e["commit"] == commit)
        });
        for at in 0..number("len") {
            let line = number("original_start") + at;
            let same = match notes.who(commit, text("original_path"), line) {
                Some(Who::Session(session)) => {
                    origin["kind"] == "ai" && origin["session"] == session.as_str()
                }
                Some(Who::Person) => origin["kind"] == "human",
                None if by_note && origin["kind"] != "unknown" => false,
                None => {
                    self.neither += 1;
                    continue;
                }
            };
            if same {
                self.same += 1;
            } else {
                let line = number("start") + at;
                self.differ
                    .push(format!("{path}:{line}, of {commit}: {origin}"));
            }
        }
    }
}

fn json(command: &mut Command) -> Result<Value> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
