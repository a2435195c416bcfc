//! What a real repository did: commits with their added lines, persons and signs of tools, as git
//! tells them. Read once per repository with `git log` and `git diff-tree`; independent of what
//! the measured program makes of the same history.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use trueline_authorship::generated::is_generated;

pub(super) const DAY: i64 = 86_400;
pub(super) const WEEK: i64 = 7 * DAY;

/// Trailers that tools leave by default, and the names under which the report knows them.
const TRAILERS: [(&str, &str); 3] = [
    ("noreply@anthropic.com", "claude"),
    ("cursoragent@cursor.com", "cursor"),
    ("noreply@openai.com", "codex"),
];
/// A tool is steady if it signed in so many of so many weeks, and so many commits in all.
const STEADY_WEEKS: i64 = 12;
const ACTIVE_WEEKS: usize = 9;
const FEWEST_COMMITS: usize = 12;

/// One commit that is no merge.
pub(super) struct Commit {
    pub(super) id: String,
    pub(super) time: i64,
    /// `Name <email>` as git writes it.
    pub(super) author: String,
    /// Tools named by trailers.
    pub(super) tools: Vec<&'static str>,
    /// Lines added to text files, generated files left out; 0 where a blob is missing.
    pub(super) added: u64,
}

/// A commit on the line of first parents.
pub(super) struct Point {
    pub(super) id: String,
    pub(super) time: i64,
}

/// The history of one repository.
pub(super) struct Past {
    /// The first-parent line, newest first.
    pub(super) line: Vec<Point>,
    /// Commits without merges, oldest first.
    pub(super) commits: Vec<Commit>,
    /// First parts of every path that ever was, and names of all files, for "never had".
    pub(super) path_parts: BTreeSet<String>,
    /// Committer time of the oldest commit.
    pub(super) start: i64,
    /// Committer time of HEAD.
    pub(super) end: i64,
}

impl Past {
    pub(super) fn read(repository: &Path) -> Result<Self> {
        let line: Vec<Point> = git(
            repository,
            &["log", "--first-parent", "--format=%H %ct", "HEAD"],
        )?
        .lines()
        .filter_map(|row| {
            let (id, time) = row.split_once(' ')?;
            Some(Point {
                id: id.to_owned(),
                time: time.parse().ok()?,
            })
        })
        .collect();
        let Some(head) = line.first() else {
            bail!("{}: no commits", repository.display());
        };
        let end = head.time;
        let start = git(repository, &["log", "--format=%ct", "HEAD"])?
            .lines()
            .filter_map(|time| time.parse().ok())
            .min()
            .unwrap_or(end);
        let mut commits = commits(repository)?;
        // Half a year before the oldest commit that is chosen is all that anything looks at.
        commits.retain(|commit| commit.time >= end - 500 * DAY);
        commits.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        count_lines(repository, &mut commits)?;
        let listing = git(
            repository,
            &["log", "--format=", "--name-only", "--no-renames", "HEAD"],
        )?;
        let path_parts = listing
            .lines()
            .flat_map(|path| path.split('/'))
            .map(str::to_lowercase)
            .collect();
        Ok(Self {
            line,
            commits,
            path_parts,
            start,
            end,
        })
    }

    /// The commits that a commit can reach and that are at most so old at its time.
    pub(super) fn before<'a>(
        &'a self,
        repository: &Path,
        point: &Point,
        seconds: i64,
    ) -> Result<Vec<&'a Commit>> {
        let since = point.time - seconds;
        let reachable: BTreeSet<String> = git(
            repository,
            &[
                "rev-list",
                "--no-merges",
                &format!("--since={since}"),
                &point.id,
            ],
        )?
        .lines()
        .map(str::to_owned)
        .collect();
        Ok(self
            .commits
            .iter()
            .filter(|commit| commit.time > since && reachable.contains(&commit.id))
            .collect())
    }

    /// Median of the lines added in each full week of the half year before a commit.
    pub(super) fn usual_week(&self, repository: &Path, point: &Point) -> Result<u64> {
        let count = ((point.time - self.start) / WEEK).clamp(1, 26);
        let mut weeks = vec![0; usize::try_from(count)?];
        for commit in self.before(repository, point, count * WEEK)? {
            let week = (point.time - commit.time).max(0) / WEEK;
            if let Some(lines) = usize::try_from(week).ok().and_then(|at| weeks.get_mut(at)) {
                *lines += commit.added;
            }
        }
        weeks.sort_unstable();
        Ok(weeks[weeks.len() / 2])
    }

    /// Tools that sign steadily up to a commit, by trailers alone.
    pub(super) fn steady_tools(
        &self,
        repository: &Path,
        point: &Point,
    ) -> Result<BTreeSet<&'static str>> {
        // By time alone it is a superset and costs no walk: most commits end here.
        let near = self
            .commits
            .iter()
            .filter(|c| c.time > point.time - STEADY_WEEKS * WEEK && c.time <= point.time);
        if steady(near, point.time).is_empty() {
            return Ok(BTreeSet::new());
        }
        let past = self.before(repository, point, STEADY_WEEKS * WEEK)?;
        Ok(steady(past.into_iter(), point.time))
    }
}

fn steady<'a>(commits: impl Iterator<Item = &'a Commit>, now: i64) -> BTreeSet<&'static str> {
    let first = now.div_euclid(WEEK) - STEADY_WEEKS + 1;
    let mut signed: BTreeMap<&'static str, (BTreeSet<i64>, usize)> = BTreeMap::new();
    for commit in commits {
        let week = commit.time.div_euclid(WEEK);
        for tool in commit.tools.iter().filter(|_| week >= first) {
            let (active, count) = signed.entry(tool).or_default();
            active.insert(week);
            *count += 1;
        }
    }
    signed
        .into_iter()
        .filter(|(_, (weeks, count))| weeks.len() >= ACTIVE_WEEKS && *count >= FEWEST_COMMITS)
        .map(|(tool, _)| tool)
        .collect()
}

fn commits(repository: &Path) -> Result<Vec<Commit>> {
    let log = git(
        repository,
        &[
            "log",
            "--no-merges",
            "--format=%H%x1f%ct%x1f%an <%ae>%x1f%(trailers:key=Co-authored-by,valueonly,separator=%x2c)%x1e",
            "HEAD",
        ],
    )?;
    Ok(log
        .split('\x1e')
        .filter_map(|row| {
            let mut columns = row.trim_start().split('\x1f');
            let id = columns.next().filter(|id| !id.is_empty())?.to_owned();
            let time = columns.next()?.parse().ok()?;
            let author = columns.next()?.to_owned();
            let trailers = columns.next()?.to_lowercase();
            let tools = TRAILERS
                .iter()
                .filter(|(email, _)| trailers.contains(email))
                .map(|(_, tool)| *tool)
                .collect();
            Some(Commit {
                id,
                time,
                author,
                tools,
                added: 0,
            })
        })
        .collect())
}

/// Counts added lines with `git diff-tree`, which stops at a missing blob: begin again after it.
fn count_lines(repository: &Path, commits: &mut [Commit]) -> Result<()> {
    let mut next = 0;
    while next < commits.len() {
        let wanted: String = commits[next..]
            .iter()
            .flat_map(|commit| [commit.id.as_str(), "\n"])
            .collect();
        let (complete, output) = diff_tree(repository, wanted)?;
        let mut at: Option<usize> = None;
        for row in output.lines() {
            let mut columns = row.splitn(3, '\t');
            match (columns.next(), columns.next(), columns.next()) {
                (Some(id), None, None) => {
                    let from = at.map_or(next, |at| at + 1);
                    at = (from..commits.len()).find(|at| commits[*at].id == id);
                }
                (Some(added), Some(_), Some(path)) if !is_generated(path.as_bytes()) => {
                    if let (Some(at), Ok(added)) = (at, added.parse::<u64>()) {
                        commits[at].added += added;
                    }
                }
                _ => {}
            }
        }
        if complete {
            break;
        }
        next = at.map_or(next, |at| at) + 1;
    }
    Ok(())
}

/// Feeds commits to `git diff-tree`; says whether it came to the end.
fn diff_tree(repository: &Path, wanted: String) -> Result<(bool, String)> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["-c", "core.quotePath=false"])
        .args(["diff-tree", "--stdin", "--numstat", "-r", "--no-renames"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("git could not be started")?;
    let mut input = child.stdin.take().context("no pipe to git")?;
    // A pipe that git closes early is the missing blob that the caller handles.
    let feeder = std::thread::spawn(move || drop(input.write_all(wanted.as_bytes())));
    let output = child.wait_with_output()?;
    drop(feeder.join());
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    ))
}

/// Output of git as text, independent of the user's configuration.
pub(crate) fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let output = git_bytes(repository, arguments)?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// Output of git, independent of the user's configuration.
pub(crate) fn git_bytes(repository: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["-c", "core.quotePath=false"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .context("git could not be started")?;
    if !output.status.success() {
        bail!(
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(output.stdout)
}
