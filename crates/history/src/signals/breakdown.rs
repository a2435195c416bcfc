//! Surviving lines by tool, directory, month, purpose or team, over one or more repositories.
//!
//! Teams are the only groups of persons, and none with fewer than five of them is shown: a figure
//! about fewer would be a figure about somebody.

use std::collections::{BTreeMap, BTreeSet};

use bstr::ByteSlice;
use trueline_authorship::message::Role;
use trueline_facts::stats::{Breakdown, Group, GroupBy, RepositoryStats, SMALLEST_GROUP, Together};
use trueline_facts::usage::LineShares;
use trueline_facts::{Author, Diagnostic, Level, Proportion, RepoPath};

use crate::model::{CommitIx, PathIx};

use super::Signals;
use super::view::{Lines, View};

/// Directories are grouped down to this depth.
const DEPTH: usize = 2;
const SMALLER_GROUPS: &str = "smaller groups";
const NO_TEAM: &str = "no team";
/// Of lines whose commit is not known.
const UNKNOWN: &str = "unknown";

/// A team as `trueline.toml` lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// E-mail addresses of its members; `*` stands for any run of characters.
    pub emails: Vec<String>,
}

#[derive(Debug, Default)]
struct Draft {
    lines: LineShares,
    commits: u64,
    /// Canonical e-mails, for the size of the group alone.
    persons: BTreeSet<Vec<u8>>,
}

impl Draft {
    fn take(&mut self, other: Self) {
        self.lines.add(&other.lines);
        self.commits += other.commits;
        self.persons.extend(other.persons);
    }
}

/// Gathers a breakdown, one repository after another.
#[derive(Debug)]
pub struct Grouping {
    by: GroupBy,
    teams: Vec<Team>,
    groups: BTreeMap<String, Draft>,
}

impl Grouping {
    /// Groups by `by`; `teams` matter for teams alone, and a person is in the first that matches.
    #[must_use]
    pub fn new(by: GroupBy, teams: Vec<Team>) -> Self {
        Self {
            by,
            teams,
            groups: BTreeMap::new(),
        }
    }

    /// Adds the lines of a repository. `prefix` goes before its directories, where several
    /// repositories are looked at.
    pub fn add(&mut self, signals: &Signals<'_>, prefix: Option<&str>) {
        let view = &signals.view;
        let of_commit: Vec<String> = match self.by {
            GroupBy::Tool | GroupBy::Directory => Vec::new(),
            GroupBy::Month => per_commit(view, |ix| view.time(ix).month()),
            GroupBy::Purpose => per_commit(view, |ix| {
                view.origins.commit(ix).purpose.as_str().to_owned()
            }),
            GroupBy::Team => {
                let teams = self.team_of_each_person(view);
                per_commit(view, |ix| {
                    let person = view.history.commit(ix).person;
                    teams.get(person.0 as usize).cloned().unwrap_or_default()
                })
            }
        };
        let mut commits: BTreeMap<String, BTreeSet<CommitIx>> = BTreeMap::new();
        let mut lines_of: BTreeMap<String, LineShares> = BTreeMap::new();
        for (path, runs) in view.files() {
            if view.is_generated(path) {
                continue;
            }
            let directory = match self.by {
                GroupBy::Directory => directory(view, path, prefix),
                _ => String::new(),
            };
            for lines in runs {
                let name = match self.by {
                    GroupBy::Directory => &directory,
                    GroupBy::Tool => tool_name(view, &lines),
                    _ if !lines.dated => UNKNOWN,
                    _ => of_commit
                        .get(lines.commit.0 as usize)
                        .map_or("", String::as_str),
                };
                if !lines_of.contains_key(name) {
                    lines_of.insert(name.to_owned(), LineShares::default());
                    commits.insert(name.to_owned(), BTreeSet::new());
                }
                if let (Some(sum), Some(commits)) = (lines_of.get_mut(name), commits.get_mut(name))
                {
                    sum.add(&view.shares(&lines));
                    if lines.dated {
                        commits.insert(lines.commit);
                    }
                }
            }
        }
        for (name, lines) in lines_of {
            let draft = self.groups.entry(name.clone()).or_default();
            draft.lines.add(&lines);
            let commits = commits.remove(&name).unwrap_or_default();
            draft.commits += commits.len() as u64;
            if self.by == GroupBy::Team {
                draft.persons.extend(
                    commits
                        .into_iter()
                        .filter(|ix| is_a_persons(view, *ix))
                        .filter_map(|ix| email(view, ix)),
                );
            }
        }
    }

    fn team_of_each_person(&self, view: &View<'_>) -> Vec<String> {
        view.history
            .persons
            .iter()
            .map(|person| {
                let email = person.email.to_str_lossy().to_lowercase();
                self.teams
                    .iter()
                    .find(|team| team.emails.iter().any(|glob| matches(glob, &email)))
                    .map_or(NO_TEAM, |team| &team.name)
                    .to_owned()
            })
            .collect()
    }

    /// The breakdown; teams that are too small are folded together, with the smallest of the others
    /// if need be, and left out with a diagnostic when there is none.
    #[must_use]
    pub fn finish(mut self) -> (Breakdown, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        if self.by == GroupBy::Team {
            self.fold_small_teams(&mut diagnostics);
        }
        let groups = self
            .groups
            .into_iter()
            .map(|(name, draft)| Group {
                name,
                lines: draft.lines,
                commits: draft.commits,
            })
            .collect();
        (
            Breakdown {
                by: self.by,
                groups,
            },
            diagnostics,
        )
    }

    fn fold_small_teams(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        // A team may have that name as well.
        let is_of_no_commit =
            |name: &str, draft: &Draft| name == UNKNOWN && draft.persons.is_empty();
        let is_small = |draft: &Draft| (draft.persons.len() as u64) < SMALLEST_GROUP;
        let mut smaller = Draft::default();
        let mut folded = 0_u64;
        for (name, draft) in std::mem::take(&mut self.groups) {
            // Lines of no known commit are about nobody.
            if !is_small(&draft) || is_of_no_commit(&name, &draft) {
                self.groups.insert(name, draft);
                continue;
            }
            folded += 1;
            smaller.take(draft);
        }
        if folded == 0 {
            return;
        }
        // What is left out must not follow from the whole and the teams shown, so another team hides
        // it. Lines of bots alone are about nobody.
        while is_small(&smaller) && !smaller.persons.is_empty() {
            let smallest = self
                .groups
                .iter()
                .filter(|(name, draft)| !is_of_no_commit(name, draft))
                .min_by_key(|(name, draft)| (draft.persons.len(), *name))
                .map(|(name, _)| name.clone());
            let Some(draft) = smallest.and_then(|name| self.groups.remove(&name)) else {
                break;
            };
            smaller.take(draft);
        }
        if is_small(&smaller) {
            diagnostics.push(Diagnostic::new(
                Level::Note,
                "teams-too-small",
                format!(
                    "{} left out so that no figure is about one person; larger teams in `trueline.toml` would show",
                    match folded {
                        1 => format!("1 group has fewer than {SMALLEST_GROUP} persons and is"),
                        _ => format!(
                            "{folded} groups have fewer than {SMALLEST_GROUP} persons, even together, and are"
                        ),
                    }
                ),
            ));
        } else {
            self.groups.insert(SMALLER_GROUPS.to_owned(), smaller);
        }
    }
}

/// A name for each commit.
fn per_commit(view: &View<'_>, name: impl Fn(CommitIx) -> String) -> Vec<String> {
    (0..view.history.commits.len())
        .map(|ix| name(CommitIx(ix as u32)))
        .collect()
}

/// The lines of the person who has this e-mail; the mailmap says under which one they stand.
pub(super) fn mine(view: &View<'_>, wanted: &str) -> Group {
    let wanted = view.history.canonical_email(wanted.as_bytes());
    let wanted = wanted.trim();
    let is_mine =
        |ix: CommitIx| email(view, ix).is_some_and(|email| email.eq_ignore_ascii_case(wanted));
    let mut group = Group {
        name: "mine".to_owned(),
        lines: LineShares::default(),
        commits: 0,
    };
    let mine: Vec<bool> = (0..view.history.commits.len())
        .map(|ix| is_mine(CommitIx(ix as u32)))
        .collect();
    let mut counted = vec![false; mine.len()];
    for (path, runs) in view.files() {
        if view.is_generated(path) {
            continue;
        }
        for lines in runs.filter(|lines| lines.dated) {
            let at = lines.commit.0 as usize;
            if mine.get(at).copied().unwrap_or_default() {
                group.lines.add(&view.shares(&lines));
                if let Some(counted) = counted.get_mut(at) {
                    group.commits += u64::from(!std::mem::replace(counted, true));
                }
            }
        }
    }
    group
}

/// Sums over repositories.
#[must_use]
pub fn together(repositories: &[RepositoryStats]) -> Together {
    let mut together = Together {
        repositories: repositories.len() as u64,
        ..Together::default()
    };
    let (mut known, mut all) = (0, 0);
    for stats in repositories {
        together.commits += match stats.since {
            Some(_) => stats.usage.purposes.values().sum(),
            None => stats.repository.commits,
        };
        together.lines.add(&stats.usage.lines);
        together.recent_lines.add(&stats.usage.recent_lines);
        known += stats.usage.coverage.recent.hits;
        all += stats.usage.coverage.recent.of;
    }
    together.coverage = Proportion::new(known, all);
    together
}

fn tool_name<'v>(view: &View<'v>, lines: &Lines) -> &'v str {
    match &view.origins.origin(lines.origin).author {
        Author::Ai { tool, .. } => tool.as_str(),
        Author::Human { .. } => "human",
        Author::Unknown => "unknown",
    }
}

fn directory(view: &View<'_>, path: PathIx, prefix: Option<&str>) -> String {
    let bytes = view.history.path(path).as_bytes();
    let deepest = super::usage::directories(bytes).take(DEPTH + 1).last();
    let text = RepoPath::new(deepest.unwrap_or_default())
        .display()
        .into_owned();
    let text = if text.is_empty() {
        ".".to_owned()
    } else {
        text
    };
    // Of the files at its root, too: the bare name stands for the whole repository elsewhere.
    match prefix {
        Some(prefix) => format!("{prefix}/{text}"),
        None => text,
    }
}

fn email(view: &View<'_>, commit: CommitIx) -> Option<Vec<u8>> {
    let person = view.history.commit(commit).person;
    let known = view.history.persons.get(person.0 as usize)?;
    Some(known.email.trim().to_ascii_lowercase())
}

/// Bots and agents are no persons.
fn is_a_persons(view: &View<'_>, commit: CommitIx) -> bool {
    let evidence = view.origins.commit(commit);
    evidence.automation.is_none() && !evidence.signs.iter().any(|sign| sign.role == Role::Author)
}

/// `*` stands for any run of characters; case does not matter.
fn matches(glob: &str, lower_email: &str) -> bool {
    let glob = glob.trim().to_lowercase();
    let mut parts = glob.split('*');
    let Some(mut rest) = lower_email.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_matches_whole_addresses() {
        for (glob, email, expected) in [
            ("*@payments.example.org", "a@payments.example.org", true),
            ("*@example.org", "a@payments.example.org", false),
            ("Dev@Example.org", "dev@example.org", true),
            ("dev@example.org", "dev@example.org.evil", false),
            ("a*b*@x", "a12b3@x", true),
            ("a*b*@x", "a12@x", false),
            ("*", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(glob, email), expected, "{glob} {email}");
        }
    }
}
