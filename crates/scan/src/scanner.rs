//! A tree that is scanned again and again, in one process or over many.
//!
//! A [`Scanner`] holds what is known of the tree: the memory of its files, the rules, and what
//! history says. Between processes the cache holds the first. A front end that knows which files
//! changed says so, and nothing else is looked at.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use bstr::ByteSlice;
use trueline_facts::{Diagnostic, Level, RepoPath};
use trueline_taint::Engine;

use crate::artifacts::CleanModels;
use crate::check::{self, Changes, Checked, Options};
use crate::config::FILE_NAME;
use crate::memory::{Clock, Memory, Stored};
use crate::observe::{self, Observation};
use crate::place::Place;
use crate::scan::{self, Checks, Named, Parts};
use crate::source::Scope;
use crate::{
    Progress, ScanError, ScanOutcome, ScanRequest, agents, artifacts, cache, custom, source,
};

/// What changed since the last scan.
#[derive(Clone, Copy, Debug)]
pub enum Changed<'a> {
    /// It is not known.
    Anything,
    /// Only these files, by their paths in the file system: edited, made or deleted. Nothing was
    /// committed.
    Files(&'a [PathBuf]),
}

/// Scans one tree.
#[derive(Debug)]
pub struct Scanner {
    request: ScanRequest,
    place: Place,
    engine: Engine,
    memory: Memory,
    /// Models that were clean.
    models: CleanModels,
    stored: Option<Stored>,
    last: Option<Last>,
    clock: Clock,
    /// About the scanner itself.
    diagnostics: Vec<Diagnostic>,
}

/// What the last scan looked at besides files.
#[derive(Debug)]
struct Last {
    scope: Scope,
    observation: Option<Observation>,
    paths: Vec<RepoPath>,
    /// About listing and history.
    diagnostics: Vec<Diagnostic>,
}

impl Scanner {
    /// For a request; takes what the cache has.
    pub fn new(request: ScanRequest) -> Result<Self, ScanError> {
        let place = Place::open_for_code(&request.path)?;
        let engine = custom::engine(&place)?;
        let mut diagnostics = Vec::new();
        let cache = request.reading.cache.then(|| match place.repository() {
            Some(repository) => cache::open(repository, &mut diagnostics),
            None => cache::open_outside_git(place.root_path(), &mut diagnostics),
        });
        let stored = cache
            .flatten()
            .map(|cache| Stored::new(cache, &place.identity(), engine.digest()));
        let mut scanner = Self {
            request,
            place,
            engine,
            memory: Memory::default(),
            models: CleanModels::default(),
            stored,
            last: None,
            clock: SystemTime::now,
            diagnostics,
        };
        if let Some(stored) = &mut scanner.stored {
            scanner.memory = stored.load();
            scanner.models = stored.models();
        }
        Ok(scanner)
    }

    /// The same scanner with another clock: how long a file has been at rest is reckoned by it, and
    /// nothing else.
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> SystemTime) -> Self {
        self.clock = clock;
        self
    }

    /// Scans; what is as it was is not analysed again. The outcome is that of a first scan.
    pub fn scan(
        &mut self,
        changed: Changed<'_>,
        progress: &dyn Progress,
        interrupt: &AtomicBool,
    ) -> Result<ScanOutcome, ScanError> {
        let named = Named::read(&self.request, &self.place)?;
        let edited = match changed {
            Changed::Anything => None,
            Changed::Files(files) => self.edited(files),
        };
        if edited.is_none() {
            self.look(progress, interrupt)?;
        }
        let Some(last) = &self.last else {
            return Err(ScanError::Unusable {
                path: self.request.path.clone(),
                reason: "it was not looked at",
            });
        };
        let contents = self.place.contents();
        let options = Options {
            tiers: self.request.tiers,
            threads: self.request.reading.threads,
            changes: edited.as_ref().map_or(Changes::Any, Changes::Only),
            clock: self.clock,
            progress,
            interrupt,
        };
        let mut checked = if self.request.checks == Checks::Agents {
            Checked::default()
        } else {
            check::run(
                &self.engine,
                &last.paths,
                &*contents,
                options,
                &mut self.memory,
            )?
        };
        let models_changed = if self.request.checks == Checks::All {
            let asked = self.place.config()?.models;
            artifacts::add(
                &mut checked,
                &artifacts::InTree {
                    root: self.place.root_path(),
                    paths: &last.paths,
                    tiers: options.tiers,
                    threads: options.threads,
                    asked: &asked,
                    now: (self.clock)(),
                },
                &mut self.models,
                progress,
                interrupt,
            )?
        } else {
            false
        };
        let agents_seen = agents::add(
            &mut checked,
            &*contents,
            &last.paths,
            options.tiers,
            interrupt,
        );
        let mut diagnostics = self.diagnostics.clone();
        diagnostics.extend(last.diagnostics.iter().cloned());
        let models_unwritten = models_changed
            && !interrupt.load(Ordering::Relaxed)
            && self
                .stored
                .as_ref()
                .is_some_and(|stored| stored.write_models(&self.models).is_err());
        if models_unwritten {
            diagnostics.push(Diagnostic::new(
                Level::Note,
                "cache-not-written",
                "what was found could not be kept: the next run will take as long as this one",
            ));
        }
        if let Some(stored) = &mut self.stored
            && !interrupt.load(Ordering::Relaxed)
            && !(checked.changed.is_empty() && checked.removed.is_empty())
            && stored.note(&self.memory, &checked.changed, &checked.removed)
            && stored.save(&mut self.memory).is_err()
        {
            diagnostics.push(Diagnostic::new(
                Level::Note,
                "cache-not-written",
                "what was found could not be kept: the next run will take as long as this one",
            ));
        }
        scan::join(Parts {
            named,
            request: &self.request,
            place: &self.place,
            engine: &self.engine,
            scope: &last.scope,
            observation: last.observation.as_ref(),
            paths: &last.paths,
            checked,
            agents_seen,
            diagnostics,
        })
    }

    /// The files among those scanned last, if nothing else can have changed with them.
    fn edited(&self, files: &[PathBuf]) -> Option<BTreeSet<RepoPath>> {
        let last = self.last.as_ref()?;
        let root = self.place.root_path();
        files
            .iter()
            .map(|file| {
                let below = file.strip_prefix(root).ok()?;
                let path = RepoPath::new(<[u8]>::from_path(below)?);
                let listed = last.paths.binary_search(&path).is_ok();
                let steers = path.file_name() == ".gitignore"
                    || path.as_bytes() == FILE_NAME.as_bytes()
                    || custom::is_rule_file(&path);
                (listed && !steers && source::is_file(root, &path)).then_some(path)
            })
            .collect()
    }

    /// Lists the files and reads history.
    fn look(&mut self, progress: &dyn Progress, interrupt: &AtomicBool) -> Result<(), ScanError> {
        if self.last.is_some() {
            // Rules may be among what changed.
            let engine = custom::engine(&self.place)?;
            if engine.digest() != self.engine.digest() {
                self.memory = Memory::default();
                if let Some(stored) = &mut self.stored {
                    *stored = stored.with_rules(&self.place.identity(), engine.digest());
                    self.memory = stored.load();
                }
                self.engine = engine;
            }
        }
        let config = self.place.config()?;
        let scope = Scope::new(self.place.prefix.clone(), &config.exclude)?;
        let mut diagnostics = Vec::new();
        let observed = observe::observe(
            &self.place,
            &config,
            None,
            &self.request.reading,
            progress,
            interrupt,
        );
        let unreadable = |error: &dyn std::fmt::Display| {
            Diagnostic::new(
                Level::Error,
                "history-unreadable",
                format!("{error}: weaknesses are checked, origins are not known"),
            )
        };
        let observation = match observed {
            Err(error) if error.is_damage() => {
                diagnostics.push(unreadable(&error));
                None
            }
            other => other?,
        };
        match &observation {
            Some(observation) => diagnostics.extend(observation.diagnostics.iter().cloned()),
            None if self.place.repository().is_some() => {}
            None if self.place.damage().is_some() => {
                diagnostics.extend(self.place.damage().map(|damage| unreadable(damage)));
            }
            None => diagnostics.push(Diagnostic::new(
                Level::Warning,
                "outside-git",
                "not in a git repository: weaknesses are checked, origins are not known",
            )),
        }
        let tracked: Vec<&RepoPath> = observation
            .as_ref()
            .map(Observation::files)
            .unwrap_or_default();
        let paths = self.place.list(&scope, &tracked, &mut diagnostics);
        self.last = Some(Last {
            scope,
            observation,
            paths,
            diagnostics,
        });
        Ok(())
    }
}
