//! `trueline stats`: usage, health and shadow AI of one or many repositories.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use bstr::ByteSlice;
use trueline_facts::stats::{Group, GroupBy, RepositoryStats, SCHEMA, StatsReport};
use trueline_facts::usage::LineShares;
use trueline_facts::{Diagnostic, Level, Timestamp};
use trueline_history::ObjectId;
use trueline_history::model::History;
use trueline_history::signals::{self, Grouping, Signals, Team};

use crate::config::Config;
use crate::observe::observe;
use crate::place::Place;
use crate::{Progress, ReadingOptions, ScanError, VERSION};

/// Which repositories, and how to look at them.
#[derive(Clone, Debug)]
pub struct StatsRequest {
    /// Repositories, in the order of the report.
    pub repositories: Vec<PathBuf>,
    /// Only lines added since: days (`90d`) before HEAD, or a date (`2026-01-31`).
    pub since: Option<String>,
    /// A breakdown.
    pub by: Option<GroupBy>,
    /// Add the lines of whoever runs the command.
    pub mine: bool,
    /// What every command can be told.
    pub reading: ReadingOptions,
}

/// Looks at all repositories.
#[expect(
    clippy::too_many_lines,
    reason = "the steps of one command, in their order"
)]
pub fn stats(
    request: &StatsRequest,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<StatsReport, ScanError> {
    let since = request.since.as_deref();
    if let Some(since) = since {
        // A mistake shows before hours of reading, not after.
        signals::since(since, Timestamp(0))?;
    }
    let from = |head| Ok(signals::since(since.unwrap_or_default(), head)?);
    let mut repositories = Vec::new();
    let mut grouping: Option<Grouping> = None;
    let mut mine = request.mine.then(|| Group {
        name: "mine".to_owned(),
        lines: LineShares::default(),
        commits: 0,
    });
    let mut unread = Unread::of(request);
    let mut places: Vec<(&PathBuf, Place, Config)> = Vec::new();
    for path in &request.repositories {
        let name = path.file_name().map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        );
        let Some(place) = unread.or_read(&name, Place::open(path))? else {
            continue;
        };
        // Given twice, a folder of one that is given, or two work trees of one repository: every
        // line counts once.
        if places.iter().any(|(_, known, _)| known.holds(&place)) {
            continue;
        }
        places.retain(|(_, known, _)| !place.holds(known));
        // Of a bare repository the configuration is in its history.
        let Some(config) = unread.or_read(&name, place.config())? else {
            continue;
        };
        places.push((path, place, config));
    }
    if let Some(since) = since {
        not_after_every_head(since, &places)?;
    }
    let teams: Vec<Team> = places
        .iter()
        .flat_map(|(_, _, config)| &config.teams)
        .map(|team| Team {
            name: team.name.clone(),
            emails: team.members.clone(),
        })
        .collect();
    if request.by == Some(GroupBy::Team) && teams.is_empty() {
        return Err(ScanError::NoTeams);
    }
    let mut mine_addresses = BTreeSet::new();
    let several = places.len() > 1;
    let mut kin = Kin::default();
    for (path, place, config) in &places {
        let observed = observe(
            place,
            config,
            since.is_some().then_some(&from as &dyn Fn(_) -> _),
            &request.reading,
            progress,
            interrupt,
        );
        let Some(observed) = unread.or_read(&place.name(), observed)? else {
            continue;
        };
        let observation = observed.ok_or_else(|| ScanError::Unusable {
            path: (*path).clone(),
            reason: "not in a git repository; stats need history",
        })?;
        if (request.by.is_some() || mine.is_some())
            && let Some(repository) = place.repository()
        {
            let local = repository.local();
            let signals = Signals::new(
                &observation.history,
                &observation.origins,
                &local,
                &observation.options,
            );
            if let Some(by) = request.by {
                grouping
                    .get_or_insert_with(|| Grouping::new(by, teams.clone()))
                    .add(
                        &signals,
                        several.then_some(observation.repository.name.as_str()),
                    );
            }
            if let Some(mine) = &mut mine {
                let email = repository.own_email().ok_or_else(|| ScanError::Unusable {
                    path: (*path).clone(),
                    reason: "--mine: git knows no user.email here; set it with `git config user.email`",
                })?;
                mine_addresses.insert(email.to_str_lossy().into_owned());
                let canonical = observation.history.canonical_email(&email);
                mine_addresses.insert(canonical.to_str_lossy().into_owned());
                let own = signals.mine(&email.to_str_lossy());
                mine.lines.add(&own.lines);
                mine.commits += own.commits;
            }
        }
        let mut diagnostics = observation.diagnostics;
        diagnostics.extend(kin.of(&observation.repository.name, &observation.history));
        diagnostics.sort();
        diagnostics.dedup();
        repositories.push(RepositoryStats {
            repository: observation.repository,
            scanned_path: Some(place.prefix.clone()).filter(|path| !path.as_bytes().is_empty()),
            since: observation.options.since,
            notes: observation.origins.notes,
            usage: observation.usage,
            health: observation.health,
            shadow_ai: observation.shadow_ai,
            pipeline: observation.pipeline,
            diagnostics,
        });
    }
    let breakdown = grouping.map(|grouping| {
        let (breakdown, diagnostics) = grouping.finish();
        if let Some(last) = repositories.last_mut() {
            last.diagnostics.extend(diagnostics);
        }
        breakdown
    });
    let diagnostics = unread.told(repositories.is_empty())?;
    Ok(StatsReport {
        schema: SCHEMA.to_owned(),
        trueline_version: VERSION.to_owned(),
        since: request.since.clone(),
        together: signals::together(&repositories),
        repositories,
        breakdown,
        mine,
        mine_addresses: mine_addresses.into_iter().collect(),
        diagnostics,
    })
}

/// Clones and forks: what two of them share is counted in each, so also twice in all of them together.
#[derive(Default)]
struct Kin {
    /// The first commit of each repository, with its name.
    roots: Vec<(ObjectId, String)>,
}

impl Kin {
    fn of(&mut self, name: &str, history: &History) -> Option<Diagnostic> {
        let root = history.root()?.id;
        let known = self.roots.iter().find(|(known, _)| *known == root);
        let told = known.map(|(_, other)| {
            Diagnostic::new(
                Level::Warning,
                "same-history",
                format!(
                    "{name} begins with the same commit as {other}: what both have, as clones or forks of one repository, is counted twice in the figures of all together"
                ),
            )
        });
        self.roots.push((root, name.to_owned()));
        told
    }
}

/// Repositories that cannot be read, so that one of many does not take the others away.
struct Unread {
    several: bool,
    first: Option<ScanError>,
    told: Vec<Diagnostic>,
}

impl Unread {
    const fn of(request: &StatsRequest) -> Self {
        Self {
            several: request.repositories.len() > 1,
            first: None,
            told: Vec::new(),
        }
    }

    /// What was read; `None` if the repository is damaged and others were asked for beside it.
    fn or_read<T>(
        &mut self,
        name: &str,
        read: Result<T, ScanError>,
    ) -> Result<Option<T>, ScanError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error) if self.several && error.is_damage() => {
                self.told.push(Diagnostic::new(
                    Level::Error,
                    "repository-unreadable",
                    format!("{name} is left out of every figure: {error}"),
                ));
                self.first.get_or_insert(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// What to tell of them; an error where nothing else was read.
    fn told(self, nothing_read: bool) -> Result<Vec<Diagnostic>, ScanError> {
        match self.first {
            Some(first) if nothing_read => Err(first),
            _ => Ok(self.told),
        }
    }
}

/// A window that begins after the last commit of every repository is a mistake in the date.
fn not_after_every_head(
    since: &str,
    places: &[(&PathBuf, Place, Config)],
) -> Result<(), ScanError> {
    let mut newest = None;
    for (_, place, _) in places {
        let Some(repository) = place.repository() else {
            continue;
        };
        // One that is damaged is told of when it is read.
        let Some(head) = repository.resolve(None).ok().flatten() else {
            continue;
        };
        let Some((_, committer)) = repository.signatures(head) else {
            continue;
        };
        let head = Timestamp(committer.seconds);
        if signals::since(since, head)? <= head {
            return Ok(());
        }
        newest = newest.max(Some(head));
    }
    match newest {
        Some(head) => Err(ScanError::SinceAfterHead {
            since: since.to_owned(),
            head: head.date(),
        }),
        None => Ok(()),
    }
}
