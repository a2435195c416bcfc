//! One reading of git for all commands: history, origins, and the signals made of them.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use trueline_authorship::generated;
use trueline_facts::health::Health;
use trueline_facts::pipeline::Entry;
use trueline_facts::scan::Repository as RepositoryFacts;
use trueline_facts::shadow::ShadowAi;
use trueline_facts::usage::Usage;
use trueline_facts::{CommitId, Diagnostic, EvidenceClass, Level, RepoPath, Timestamp, ToolId};
use trueline_history::evidence::{EvidenceOptions, NotesRead, Origins, fuse};
use trueline_history::model::{Completeness, FileContent, History};
use trueline_history::repository::Repository;
use trueline_history::signals::{
    ForgeReviews, Memo, SignalOptions, Signals, Surroundings, WINDOW_DAYS,
};
use trueline_history::walk::{self, Deaths, PathFilter};

use crate::config::Config;
use crate::place::Place;
use crate::reviews::ReviewStore;
use crate::{Progress, ReadingOptions, ScanError, cache, gaps, scan};

/// Everything known about one repository.
#[derive(Debug)]
pub(crate) struct Observation {
    pub(crate) repository: RepositoryFacts,
    pub(crate) history: History,
    pub(crate) origins: Origins,
    pub(crate) usage: Usage,
    pub(crate) health: Health,
    pub(crate) shadow_ai: ShadowAi,
    pub(crate) pipeline: Vec<Entry>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How the signals were computed, for more of them.
    pub(crate) options: SignalOptions,
}

/// What is said of approved tools that nothing is known of and that nothing here names: a name may be new, and it may be
/// a slip.
fn unknown_tools(
    config: &Config,
    named: &BTreeSet<&ToolId>,
    shadow: &ShadowAi,
) -> Option<Diagnostic> {
    let approved = config.approved_tools.iter().flatten();
    let has_sign = |tool: &ToolId| shadow.signals.iter().any(|signal| signal.tool == *tool);
    let unknown: Vec<String> = approved
        .filter(|tool| !crate::is_known_tool(tool) && !named.contains(tool) && !has_sign(tool))
        .map(|tool| format!("`{}`", tool.as_str()))
        .collect();
    if unknown.is_empty() {
        return None;
    }
    Some(Diagnostic::new(
        Level::Warning,
        "approved-tool-unknown",
        format!(
            "`[tools] approved` of trueline.toml names {}, of which no sign is known and which no line or commit here \
             names: it lists nothing unless somebody declares that name",
            unknown.join(", ")
        ),
    ))
}

/// Reads a place; `None` outside of git.
#[expect(
    clippy::too_many_lines,
    reason = "the steps of one command, in their order"
)]
pub(crate) fn observe(
    place: &Place,
    config: &Config,
    since: Option<&dyn Fn(Timestamp) -> Result<Timestamp, ScanError>>,
    reading: &ReadingOptions,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<Option<Observation>, ScanError> {
    let Some(repository) = place.repository() else {
        return Ok(None);
    };
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let cache = reading
        .cache
        .then(|| cache::open(repository, &mut diagnostics))
        .flatten();
    progress.phase("reading history", 1);
    let options = walk::Options {
        window_days: WINDOW_DAYS,
        deaths: Deaths::TracedExcept(GENERATED),
        threads: NonZeroUsize::new(reading.threads),
    };
    let history = walk::read(
        repository,
        None,
        &options,
        cache.as_ref(),
        interrupt,
        &Commits { progress },
    )?;
    progress.phase("reading evidence", 1);
    let origins = fuse(
        repository,
        &history,
        &EvidenceOptions {
            notes: NotesRead::All,
            local_sessions: reading.local_sessions.clone(),
        },
        interrupt,
    );
    let head = history.commits.first().map(|c| (c.id, c.committer_time));
    let reviews = match ReviewStore::open(repository) {
        Ok(store) => store.told(),
        Err(error) => {
            diagnostics.push(Diagnostic::new(
                Level::Warning,
                "reviews-unreadable",
                format!("imported reviews are not counted: {error}"),
            ));
            ForgeReviews::default()
        }
    };
    let options = SignalOptions {
        since: match (since, head) {
            (Some(since), Some((_, time))) => Some(since(time)?),
            _ => None,
        },
        approved: config.approved_tools.clone(),
        reviews,
        surroundings: surroundings(repository, reading),
        below: place.prefix.clone(),
        ..SignalOptions::default()
    };
    let whole = SignalOptions {
        below: RepoPath::default(),
        ..options.clone()
    };
    let local = repository.local();
    let memo = cache
        .as_ref()
        .map_or_else(Memo::default, |cache| Memo::load(cache, repository));
    let signals = Signals::new(&history, &origins, &local, &whole).recalling(&memo);
    let usage = if options.below == whole.below {
        signals.usage()
    } else {
        Signals::new(&history, &origins, &local, &options).usage()
    };
    let health = signals.health();
    let (shadow_ai, unread) = signals.shadow_ai();
    diagnostics.extend(unknown_tools(config, &signals.tools_named(), &shadow_ai));
    let pipeline = signals.pipeline(&shadow_ai);
    if let Some(cache) = &cache {
        diagnostics.extend(memo.store(cache, repository));
    }

    diagnostics.extend(history.diagnostics.iter().cloned());
    diagnostics.extend(origins.diagnostics.iter().cloned());
    diagnostics.extend(unread);
    if history.completeness == Completeness::Interrupted {
        diagnostics.push(Diagnostic::new(
            Level::Error,
            "interrupted",
            "interrupted: lines whose history was not reached are shown as unknown, and nothing is said of what is out of the ordinary",
        ));
    }
    diagnostics.extend(gaps::incomplete(&history, repository.remedy()));
    if options.surroundings.has_notes_ref && origins.notes.read + origins.notes.unreadable == 0 {
        diagnostics.push(Diagnostic::new(
            Level::Note,
            "notes-empty",
            "`refs/notes/ai` is here and holds no authorship note, so no line is known from it",
        ));
    }
    if reading.local_sessions.is_some() {
        diagnostics.push(from_sessions(&origins));
    }
    diagnostics.extend(submodules(place, &history));
    if head.is_none() && history.completeness != Completeness::Interrupted {
        diagnostics.push(Diagnostic::new(
            Level::Note,
            "no-commit",
            "no commit yet: origins are known from the first commit on",
        ));
    }
    let repository_facts = RepositoryFacts {
        name: place.name(),
        head: head.map(|(id, _)| scan::commit_id(id)),
        head_time: head.map(|(_, time)| time),
        commits: history.commits.len() as u64,
        // A parent that is damaged or missing otherwise has a diagnostic of its own.
        shallow: history
            .diagnostics
            .iter()
            .any(|d| d.code == "history-shallow"),
        bare: place.is_bare(),
    };
    Ok(Some(Observation {
        repository: repository_facts,
        usage,
        health,
        shadow_ai,
        pipeline,
        diagnostics,
        history,
        origins,
        options,
    }))
}

/// Generated files are not written by anybody: their deaths say nothing about rework. Those that only their neighbours
/// tell are left out later.
pub(crate) const GENERATED: PathFilter = PathFilter {
    name: "generated/2",
    contains: |path| generated::is_generated(path.as_bytes()),
};

pub(crate) struct Commits<'a> {
    pub(crate) progress: &'a dyn Progress,
}

impl walk::Progress for Commits<'_> {
    fn commits(&self, done: usize, total: usize) {
        if done <= 1 {
            self.progress.phase("reading history", total as u64);
        }
        self.progress.advance_to(done as u64);
    }
}

fn surroundings(repository: &Repository, reading: &ReadingOptions) -> Surroundings {
    let references = repository.references().unwrap_or_default();
    let names = || references.iter().map(|reference| &reference.name);
    Surroundings {
        remote: repository.remote(),
        has_notes_ref: names().any(|name| name == "refs/notes/ai"),
        has_checkpoints: names().any(|name| name.ends_with(b"/entire/checkpoints/v1")),
        reads_local_sessions: reading.local_sessions.is_some(),
    }
}

/// How many lines only the transcripts of this machine speak for.
fn from_sessions(origins: &Origins) -> Diagnostic {
    let runs = origins.files.iter().flat_map(|file| &file.runs);
    let lines: u64 = runs
        .filter(|run| {
            let best = origins.origin(run.origin).evidence.first();
            best.is_some_and(|evidence| evidence.class == EvidenceClass::LocalSession)
        })
        .map(|run| u64::from(run.len))
        .sum();
    Diagnostic::new(
        Level::Note,
        "local-sessions",
        format!(
            "{} credited to agents by transcripts of this machine alone: inferred from content, and \
             known nowhere else",
            match lines {
                1 => "1 line is".to_owned(),
                _ => format!("{lines} lines are"),
            }
        ),
    )
}

/// Submodules that are checked out: their lines have a history of their own, which is not read.
fn submodules(place: &Place, history: &History) -> Vec<Diagnostic> {
    if place.is_bare() {
        return Vec::new();
    }
    let paths = history
        .files
        .iter()
        .filter(|f| f.content == FileContent::NotAFile);
    let paths = paths.map(|file| history.path(file.path)).filter(|path| {
        let folder = path
            .as_bytes()
            .to_path()
            .map(|path| place.root_path().join(path));
        folder.is_ok_and(|folder| {
            let is_folder = folder.symlink_metadata().is_ok_and(|meta| meta.is_dir());
            is_folder && folder.join(".git").symlink_metadata().is_ok()
        })
    });
    paths
        .map(|path| {
            Diagnostic::new(
                Level::Note,
                "submodule",
                "a submodule: who wrote its lines stands in its own history, so scan it there, too",
            )
            .at(path.clone())
        })
        .collect()
}

impl Observation {
    /// The files of HEAD, by path.
    pub(crate) fn files(&self) -> Vec<&RepoPath> {
        self.history
            .files
            .iter()
            .filter(|f| f.content != FileContent::NotAFile)
            .map(|f| self.history.path(f.path))
            .collect()
    }

    /// Where HEAD left the history of the base of `--diff`.
    pub(crate) fn fork_of(
        &self,
        place: &Place,
        base: &CommitId,
    ) -> Result<Option<CommitId>, ScanError> {
        let Some(repository) = place.repository() else {
            return Ok(None);
        };
        let base = repository.resolve(Some(base.as_str()))?;
        let fork = base.and_then(|base| self.history.fork_of(repository, base));
        Ok(fork.map(scan::commit_id))
    }

    /// Lines known to come from AI tools, per file.
    pub(crate) fn ai_lines(&self) -> FxHashMap<RepoPath, u64> {
        self.origins
            .files
            .iter()
            .map(|file| {
                let lines = file
                    .runs
                    .iter()
                    .filter(|run| self.origins.origin(run.origin).is_known_ai())
                    .map(|run| u64::from(run.len))
                    .sum();
                (self.history.path(file.path).clone(), lines)
            })
            .collect()
    }
}
