//! On how many lines do we and `git blame` name the same commit, and why not on the others?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::files;

/// Written by people; each group is sampled on its own.
const SOURCES: [&str; 4] = [".rs", ".py", ".md", ".toml"];
/// Near-identical files that are renamed in bulk: the hardest case for choosing between renames.
const SNAPSHOTS: [&str; 1] = [".snap"];

/// Compares `sample` seeded files of each group; of the named suffixes only, if there are any.
pub(crate) fn agreement(
    repository: &Path,
    sample: usize,
    seed: u64,
    suffixes: &[String],
    program: Option<PathBuf>,
) -> Result<()> {
    let trueline = super::program(program)?;
    let files::Listing { files, missing } = files::list(repository, seed)?;
    println!("seed {seed}");
    for path in missing {
        println!("  left out, its content is missing here: {path}");
    }
    let groups: Vec<Vec<&str>> = if suffixes.is_empty() {
        vec![SOURCES.to_vec(), SNAPSHOTS.to_vec()]
    } else {
        vec![suffixes.iter().map(String::as_str).collect()]
    };
    for suffixes in groups {
        let mut tally = Tally::default();
        for file in &files {
            if tally.files == sample {
                break;
            }
            if suffixes.iter().any(|end| file.path.ends_with(end)) {
                compare(repository, &trueline, &file.path, &mut tally);
            }
        }
        tally.print(&suffixes.join(" "));
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    files: usize,
    lines: usize,
    same: usize,
    /// Lines of each class of disagreement, and the first of them.
    classes: BTreeMap<Class, (usize, String)>,
}

impl Tally {
    fn print(&self, suffixes: &str) {
        println!(
            "{suffixes}: {} files, {} lines, {} on the same commit as git blame: {:.3} %",
            self.files,
            self.lines,
            self.same,
            100.0 * self.same as f64 / self.lines.max(1) as f64
        );
        for (class, (lines, example)) in &self.classes {
            println!("  {lines} lines: {}; {example}", class.why());
        }
    }
}

/// Why two answers differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Gap,
    Rename,
    Diff,
    Absent,
}

impl Class {
    fn of(ours: Option<&Line>, theirs: &Line) -> Self {
        match ours {
            None => Self::Absent,
            Some(ours) if ours.boundary != theirs.boundary => Self::Gap,
            Some(ours) if ours.path != theirs.path => Self::Rename,
            Some(_) => Self::Diff,
        }
    }

    const fn why(self) -> &'static str {
        match self {
            Self::Gap => "one side stops where history cannot be read on, the other goes on",
            Self::Rename => {
                "of several files that it may have been renamed from, each took another"
            }
            Self::Diff => "of several equal lines, each matched another, or took another parent",
            Self::Absent => "we have no such line",
        }
    }
}

/// Where a line came from.
struct Line {
    commit: String,
    path: String,
    boundary: bool,
}

fn compare(repository: &Path, trueline: &Path, path: &str, tally: &mut Tally) {
    let Ok(theirs) = lines(
        files::command(repository)
            .args(["blame", "--line-porcelain", "HEAD", "--"])
            .arg(path),
    ) else {
        println!("  git blame failed, another file instead: {path}");
        return;
    };
    let ours = lines(
        Command::new(trueline)
            .args(["blame", "--quiet", "--line-porcelain"])
            .arg(repository.join(path)),
    );
    let Ok(ours) = ours else {
        // Git blames binary files as well.
        println!("  not read by trueline, another file instead: {path}");
        return;
    };
    tally.files += 1;
    tally.lines += theirs.len();
    for (at, theirs) in theirs.iter().enumerate() {
        let ours = ours.get(at);
        if ours.is_some_and(|ours| ours.commit == theirs.commit) {
            tally.same += 1;
            continue;
        }
        let example = || {
            let ours = ours.map_or("-", |ours| &ours.commit);
            format!(
                "{path}:{}: {ours}, git blame {} {}",
                at + 1,
                theirs.commit,
                theirs.path
            )
        };
        let class = Class::of(ours, theirs);
        let known = tally.classes.entry(class);
        known.or_insert_with(|| (0, example())).0 += 1;
    }
}

/// The lines of a document in git's line porcelain.
fn lines(command: &mut Command) -> Result<Vec<Line>> {
    let output = command.stderr(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{command:?}: {}", output.status);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = Vec::new();
    let mut open: Option<Line> = None;
    for row in text.split('\n') {
        match &mut open {
            _ if row.starts_with('\t') => lines.extend(open.take()),
            Some(line) => match row.split_once(' ') {
                Some(("filename", path)) => path.clone_into(&mut line.path),
                _ if row == "boundary" => line.boundary = true,
                _ => {}
            },
            None if !row.is_empty() => {
                open = Some(Line {
                    commit: row.split(' ').next().unwrap_or_default().to_owned(),
                    path: String::new(),
                    boundary: false,
                });
            }
            None => {}
        }
    }
    Ok(lines)
}
