//! A tree that is scanned again and again, in one process or over many.
//!
//! A [`Scanner`] holds what is known of the tree: the memory of its files, the rules, and what
//! history says. Between processes the cache holds the first. A front end that knows which files
//! changed says so, and nothing else is looked at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use bstr::ByteSlice;
use trueline_facts::{CommitId, Diagnostic, Level, RepoPath};
use trueline_history::ObjectId;
use trueline_history::repository::Reference;
use trueline_taint::Engine;

use crate::artifacts::CleanModels;
use crate::check::{self, Changes, Checked, Contents, Options, Tiers};
use crate::config::{Config, FILE_NAME};
use crate::memory::{Clock, Memory, Read, Stored};
use crate::observe::{self, Observation};
use crate::place::Place;
use crate::scan::{self, Checks, Named, Parts};
use crate::source::Scope;
use crate::{
    Progress, RulePage, ScanError, ScanOutcome, ScanRequest, agents, artifacts, cache, custom,
    forms, rules, settings, source,
};

/// What changed since the last scan.
#[derive(Clone, Copy, Debug)]
pub enum Changed<'a> {
    /// It is not known.
    Anything,
    /// Files of the work tree, whichever. History is read again only when something that it is read from is
    /// another: a reference, HEAD, the configuration.
    WorkTree,
    /// Only these files, by their paths in the file system: edited, made or deleted. Nothing was
    /// committed.
    Files(&'a [PathBuf]),
}

/// Scans one tree.
#[derive(Debug)]
pub struct Scanner {
    pub(crate) request: ScanRequest,
    pub(crate) place: Place,
    pub(crate) engine: Engine,
    pub(crate) memory: Memory,
    /// Models that were clean.
    models: CleanModels,
    searched: forms::Searched,
    stored: Option<Stored>,
    pub(crate) last: Option<Last>,
    clock: Clock,
    /// About the scanner itself.
    diagnostics: Vec<Diagnostic>,
}

/// What the last scan looked at besides files.
#[derive(Debug)]
pub(crate) struct Last {
    pub(crate) scope: Scope,
    observation: Option<Observation>,
    pub(crate) paths: Vec<RepoPath>,
    excluded: u64,
    /// About history, then about listing.
    diagnostics: Vec<Diagnostic>,
    /// How many of them are about history.
    about_history: usize,
    standing: Option<Standing>,
}

/// What history is read from, apart from objects, which never change.
#[derive(PartialEq, Eq, Debug)]
struct Standing {
    head: Option<ObjectId>,
    references: Vec<Reference>,
    config: Config,
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
            searched: forms::Searched::default(),
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

    /// The folder that all paths are relative to.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.place.root_path()
    }

    /// The id of the commit that a revision names; `None` for HEAD where there is no commit yet, and outside of git.
    pub fn commit(&self, revision: Option<&str>) -> Result<Option<CommitId>, ScanError> {
        let Some(repository) = self.place.repository() else {
            return Ok(None);
        };
        Ok(repository.resolve(revision)?.map(scan::commit_id))
    }

    /// The frameworks of the applications that the last scan saw, by name.
    #[must_use]
    pub fn frameworks(&self) -> BTreeSet<String> {
        let files = self.memory.files.values();
        files
            .filter_map(|file| match &*file.read {
                Read::Lowered(seen) => seen.surface.as_ref(),
                Read::NoFrontEnd(_) | Read::Skipped(..) => None,
            })
            .flat_map(|surface| &surface.applications)
            .map(|application| application.framework.clone())
            .collect()
    }

    /// What the team wrote down, as it is now.
    pub fn config(&self) -> Result<Config, ScanError> {
        self.place.config()
    }

    /// The page of a rule, of ours or of the team's.
    pub fn rule(&self, id: &str) -> Result<RulePage, ScanError> {
        rules::page(&self.engine, id)
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
            Changed::Anything | Changed::WorkTree => None,
            Changed::Files(files) => self.edited(files),
        };
        if edited.is_none() {
            self.look(matches!(changed, Changed::WorkTree), progress, interrupt)?;
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
            Checked::of_agents()
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
            artifacts::add(
                &mut checked,
                &artifacts::InTree {
                    root: self.place.root_path(),
                    paths: &last.paths,
                    tiers: options.tiers,
                    threads: options.threads,
                    asked: &self.place.config()?.models,
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
        if self.request.checks == Checks::All {
            let texts = (&*contents, last.paths.as_slice());
            add_texts(
                &mut checked,
                &self.engine,
                texts,
                options,
                &mut self.searched,
            )?;
        }
        checked.coverage.excluded_files = last.excluded;
        drop(contents);
        self.add_history(&checked, progress, interrupt)?;
        let is_kept = interrupt.load(Ordering::Relaxed) || self.keep(&checked, models_changed);
        let Some(last) = &self.last else {
            return Err(ScanError::Unusable {
                path: self.request.path.clone(),
                reason: "it was not looked at",
            });
        };
        let mut diagnostics = self.diagnostics.clone();
        diagnostics.extend(last.diagnostics.iter().cloned());
        if !is_kept {
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

    /// Writes what was learnt to the cache, if there is one. Was all of it written?
    fn keep(&mut self, checked: &Checked, models_changed: bool) -> bool {
        let Some(stored) = &mut self.stored else {
            return true;
        };
        let models = !models_changed || stored.write_models(&self.models).is_ok();
        let learnt = !(checked.changed.is_empty() && checked.removed.is_empty())
            && stored.note(&self.memory, &checked.changed, &checked.removed);
        let files = !learnt || stored.save(&mut self.memory).is_ok();
        models && files
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

    /// The same scanner with another question: findings of other tiers, or on other lines.
    pub fn ask(&mut self, tiers: Tiers, diff: Option<String>) {
        self.request.tiers = tiers;
        self.request.diff = diff;
    }

    /// What history would be read from now; `None` where it cannot be told.
    fn standing(&self, config: &Config) -> Option<Standing> {
        let repository = self.place.repository()?;
        Some(Standing {
            head: repository.resolve(None).ok()?,
            references: repository.references().ok()?,
            config: config.clone(),
        })
    }

    /// Lists the files and reads history, or keeps what is known of it while it stands.
    fn look(
        &mut self,
        may_keep_history: bool,
        progress: &dyn Progress,
        interrupt: &AtomicBool,
    ) -> Result<(), ScanError> {
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
        let standing = self.standing(&config);
        let known = self
            .last
            .take()
            .filter(|last| may_keep_history && standing.is_some() && last.standing == standing);
        let (observation, mut diagnostics) = match known {
            // With a line to tell the origin of it is read: see `add_history`.
            None if self.may_do_without_history() => (None, Vec::new()),
            Some(mut last) => {
                last.diagnostics.truncate(last.about_history);
                (last.observation, last.diagnostics)
            }
            None => self.history(&config, progress, interrupt)?,
        };
        let about_history = diagnostics.len();
        let at_head = match (&observation, self.place.repository(), &standing) {
            (
                None,
                Some(repository),
                Some(Standing {
                    head: Some(head), ..
                }),
            ) => repository.files_at(*head),
            _ => Vec::new(),
        };
        let tracked: Vec<&RepoPath> = match &observation {
            Some(observation) => observation.files(),
            None => at_head.iter().map(|(path, _)| path).collect(),
        };
        let source::Listed { paths, excluded } =
            self.place.list(&scope, &tracked, &mut diagnostics);
        self.last = Some(Last {
            scope,
            observation,
            paths,
            excluded,
            diagnostics,
            about_history,
            // What was cut short is read again.
            standing: standing.filter(|_| !interrupt.load(Ordering::Relaxed)),
        });
        Ok(())
    }

    /// Whether a scan asks nothing of history unless it finds something: what steers agents is looked at alone, and
    /// whole.
    fn may_do_without_history(&self) -> bool {
        self.request.checks == Checks::Agents
            && self.request.diff.is_none()
            && !self.request.code_view
            && self.place.repository().is_some()
    }

    /// Reads history after all if something was found whose origin can be told.
    fn add_history(
        &mut self,
        checked: &Checked,
        progress: &dyn Progress,
        interrupt: &AtomicBool,
    ) -> Result<(), ScanError> {
        let Some(mut last) = self.last.take() else {
            return Ok(());
        };
        if last.observation.is_none() && self.may_do_without_history() {
            // Of what is only counted nobody asks who wrote it.
            let found = |file: &check::CheckedFile| !file.findings.is_empty();
            let (observation, diagnostics) = if checked.files.iter().any(found) {
                let config = self.place.config()?;
                self.history(&config, progress, interrupt)?
            } else {
                let diagnostic = Diagnostic::new(
                    Level::Note,
                    "history-not-read",
                    "nothing was found, so history was not read",
                );
                (None, vec![diagnostic])
            };
            last.observation = observation;
            last.about_history += diagnostics.len();
            last.diagnostics.splice(0..0, diagnostics);
            // What was not read is read by the next scan that needs it.
            if last.observation.is_none() {
                last.standing = None;
            }
        }
        self.last = Some(last);
        Ok(())
    }

    /// Reads history.
    fn history(
        &self,
        config: &Config,
        progress: &dyn Progress,
        interrupt: &AtomicBool,
    ) -> Result<(Option<Observation>, Vec<Diagnostic>), ScanError> {
        let mut diagnostics = Vec::new();
        let observed = observe::observe(
            &self.place,
            config,
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
        Ok((observation, diagnostics))
    }
}

/// Adds what is looked for in files that no front end reads.
fn add_texts(
    checked: &mut Checked,
    engine: &Engine,
    (contents, paths): (&dyn Contents, &[RepoPath]),
    options: Options<'_>,
    searched: &mut forms::Searched,
) -> Result<(), ScanError> {
    settings::add(
        checked,
        engine,
        contents,
        paths,
        options.tiers,
        options.interrupt,
    );
    forms::add(checked, contents, paths, options, searched)
}
