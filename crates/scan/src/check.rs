//! Every source file through its front end and the rules, in parallel, on stacks deep enough for
//! parsers. One file's failure is that file's diagnostic.

mod files;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::ThreadPoolBuilder;
use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator,
};
use trueline_facts::scan::{LanguageCoverage, SourceCoverage};
use trueline_facts::{Diagnostic, Finding, Level, RepoPath, Tier};
use trueline_syntax::ir::Language;
use trueline_taint::{
    Engine, Outline, Project, Site, Surface, UnitFindings, UnitId, UnitMemory, UnitOutcome,
};

use self::files::{Entry, Files};
use crate::memory::{Clock, FileMemory, Kept, Memory, Read, Stat};
use crate::suppress::Comment;
use crate::{Progress, ScanError};

/// Stack of a worker: parsers recurse up to the nesting limit of `trueline_syntax`.
const STACK_BYTES: usize = 64 << 20;

/// What is known about one file after all rules ran.
#[derive(Debug)]
pub(crate) struct CheckedFile {
    pub(crate) path: RepoPath,
    pub(crate) findings: Vec<Finding>,
    /// Findings that were not asked for.
    pub(crate) hidden: Vec<Finding>,
    pub(crate) sites: Vec<Site>,
    /// Comments that answer findings.
    pub(crate) comments: Vec<Comment>,
}

/// The result of all files.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) files: Vec<CheckedFile>,
    pub(crate) coverage: SourceCoverage,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Files that were analysed in this run.
    pub(crate) analyzed: Vec<RepoPath>,
    /// How often a file was.
    pub(crate) analyses: u64,
    /// Files of which something new is known, and files that are gone.
    pub(crate) changed: Vec<RepoPath>,
    pub(crate) removed: Vec<RepoPath>,
}

impl Checked {
    /// Where what steers agents was asked for and nothing else.
    pub(crate) fn of_agents() -> Self {
        Self {
            coverage: SourceCoverage {
                only: Some("agents".to_owned()),
                ..SourceCoverage::default()
            },
            ..Self::default()
        }
    }
}

/// How the bytes of a file are had.
pub(crate) trait Contents: Sync {
    /// All bytes of a file, or why not.
    fn read(&self, path: &RepoPath) -> Result<Vec<u8>, Diagnostic>;

    /// The state of a file on disk; `None` where that tells nothing.
    fn stat(&self, path: &RepoPath) -> Option<Stat>;
}

/// What may have changed in a tree since it was scanned last.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Changes<'a> {
    /// Anything.
    Any,
    /// These files.
    Only(&'a BTreeSet<RepoPath>),
}

impl Changes<'_> {
    fn may_concern(self, path: &RepoPath) -> bool {
        match self {
            Self::Any => true,
            Self::Only(paths) => paths.contains(path),
        }
    }
}

/// Which findings are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tiers {
    /// The default tier.
    Shown,
    /// Both.
    All,
}

/// What a check is told.
#[derive(Clone, Copy)]
pub(crate) struct Options<'a> {
    pub(crate) tiers: Tiers,
    pub(crate) threads: usize,
    pub(crate) changes: Changes<'a>,
    pub(crate) clock: Clock,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) interrupt: &'a AtomicBool,
}

/// Checks the files. The result is in the order of `paths`, whatever the number of threads and
/// whatever is remembered.
pub(crate) fn run(
    engine: &Engine,
    paths: &[RepoPath],
    contents: &dyn Contents,
    options: Options<'_>,
    memory: &mut Memory,
) -> Result<Checked, ScanError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .stack_size(STACK_BYTES)
        .build()
        .map_err(ScanError::Threads)?;
    options.progress.phase("checking", paths.len() as u64);
    let mut project = Project::new(
        paths
            .iter()
            .map(|path| {
                let language = trueline_syntax::language_of(path.as_bytes());
                (path.clone(), language)
            })
            .collect(),
        &manifests(paths, contents),
    );
    let mut files = Files::new(
        paths,
        contents,
        memory,
        options.changes,
        options.clock,
        options.progress,
        options.interrupt,
    );
    let (targets, mut analysis) = pool.install(|| {
        let entries: Vec<Entry> = (0..paths.len())
            .into_par_iter()
            .map(|at| files.entry(engine, UnitId(at as u32)))
            .collect();
        files.set_entries(entries);
        connect(&mut project, &files);
        let targets = targets(&project, paths, &files, memory);
        let imports: Vec<Vec<UnitId>> = targets.iter().map(|t| t.1.clone()).collect();
        let analysis = engine.analyze_project(&project, &imports, &files);
        (targets, analysis)
    });
    let interrupted = options.interrupt.load(Ordering::Relaxed);
    let entries = files.entries().to_vec();
    drop(files);
    let found = std::mem::take(&mut analysis.found);
    let outcomes: Vec<Outcome> = paths
        .iter()
        .zip(&entries)
        .zip(found)
        .map(
            |((path, entry), found)| match outcome(path, entry, found, options.tiers) {
                Outcome::NotReached if !interrupted => vanished(path, entry),
                outcome => outcome,
            },
        )
        .collect();

    let mut checked = Checked::default();
    let mut surfaces = Vec::new();
    let mut not_reached = 0u64;
    for outcome in outcomes {
        match outcome {
            Outcome::NotReached => not_reached += 1,
            Outcome::NoFrontEnd(known) => {
                checked.coverage.unsupported_files += u64::from(known);
            }
            Outcome::Skipped(language, diagnostic) => {
                language_row(&mut checked.coverage, language).skipped += 1;
                checked.diagnostics.push(diagnostic);
            }
            Outcome::Checked(language, row, file, surface, diagnostics) => {
                language_row(&mut checked.coverage, language).add(&row);
                checked.diagnostics.extend(diagnostics);
                if !surface.is_empty() {
                    surfaces.push(surface);
                }
                checked.files.extend(file);
            }
        }
    }
    add_missing_controls(&mut checked, engine, &surfaces, paths, options.tiers);
    if not_reached > 0 {
        checked.diagnostics.push(Diagnostic::new(
            Level::Error,
            "interrupted",
            format!(
                "interrupted: {not_reached} of {} files were not checked",
                paths.len()
            ),
        ));
    }
    checked.analyses = analysis.analyses;
    checked.analyzed = analysis
        .analyzed
        .iter()
        .filter_map(|unit| project.path(*unit).cloned())
        .collect();
    // What was not reached is not known to be gone.
    if !interrupted {
        memory.interfaces.add(analysis.interfaces);
        let targets = targets.into_iter().map(|t| t.0);
        let learnt = entries.into_iter().zip(targets).zip(analysis.memories);
        remember(memory, &project, paths, learnt, &mut checked);
    }
    Ok(checked)
}

/// Tells the project what its files declare.
fn connect(project: &mut Project, files: &Files<'_>) {
    let nothing = Outline::default();
    let entries = files.entries().iter();
    let outlines: Vec<&Outline> = entries
        .map(|entry| match entry.read().map(|read| &**read) {
            Some(Read::Lowered(seen)) => &seen.outline,
            _ => &nothing,
        })
        .collect();
    project.connect(&outlines);
}

/// The files that each file needs: as paths that are remembered, and as units.
fn targets(
    project: &Project,
    paths: &[RepoPath],
    files: &Files<'_>,
    memory: &Memory,
) -> Vec<(Arc<Vec<RepoPath>>, Vec<UnitId>)> {
    let same_shape = memory.shape == Some(project.shape());
    paths
        .par_iter()
        .zip(files.entries())
        .enumerate()
        .map(|(at, (path, entry))| {
            let Some(Read::Lowered(seen)) = entry.read().map(|read| &**read) else {
                return <(Arc<Vec<RepoPath>>, Vec<UnitId>)>::default();
            };
            let known = memory.files.get(path).filter(|known| {
                same_shape
                    && entry
                        .read()
                        .is_some_and(|read| Arc::ptr_eq(read, &known.read))
            });
            if let Some(known) = known {
                let units = known.targets.iter().filter_map(|t| project.unit(t));
                return (Arc::clone(&known.targets), units.collect());
            }
            let units = project.needed(UnitId(at as u32), &seen.outline);
            let targets: Vec<RepoPath> = units
                .iter()
                .filter_map(|unit| project.path(*unit).cloned())
                .collect();
            // The same list stays the same list: then nothing was learnt.
            let before = memory.files.get(path).map(|known| &known.targets);
            match before.filter(|before| ***before == targets) {
                Some(before) => (Arc::clone(before), units),
                None => (Arc::new(targets), units),
            }
        })
        .collect()
}

/// Takes into memory what a run learnt, and says of which files.
fn remember(
    memory: &mut Memory,
    project: &Project,
    paths: &[RepoPath],
    learnt: impl Iterator<Item = ((Entry, Arc<Vec<RepoPath>>), Option<UnitMemory>)>,
    checked: &mut Checked,
) {
    let mut before = std::mem::take(&mut memory.files);
    for (path, ((entry, targets), unit)) in paths.iter().zip(learnt) {
        let Entry::Read {
            stat,
            content,
            read,
        } = entry
        else {
            continue;
        };
        let file = FileMemory {
            stat,
            content,
            read,
            targets,
            unit,
        };
        let known = before.remove(path);
        if !known.is_some_and(|known| known.is(&file)) {
            checked.changed.push(path.clone());
        }
        memory.files.insert(path.clone(), file);
    }
    checked.removed.extend(before.into_keys());
    checked.removed.sort();
    memory.shape = Some(project.shape());
}

/// Puts what applications are missing beside the findings of the files that it stands in.
fn add_missing_controls(
    checked: &mut Checked,
    engine: &Engine,
    surfaces: &[&Surface],
    paths: &[RepoPath],
    tiers: Tiers,
) {
    let (missing, notes) = engine.missing_controls(surfaces, paths);
    checked.diagnostics.extend(notes);
    for finding in missing {
        // Files that show an application are kept, and they are in the order of their paths.
        let at = checked
            .files
            .binary_search_by(|f| f.path.cmp(&finding.location.path));
        let Some(file) = at.ok().and_then(|at| checked.files.get_mut(at)) else {
            continue;
        };
        if tiers == Tiers::All || finding.tier == Tier::Shown {
            file.findings.push(finding);
        } else {
            file.hidden.push(finding);
        }
    }
}

enum Outcome<'r> {
    NotReached,
    /// Is it source code in a language that we know of but cannot read?
    NoFrontEnd(bool),
    Skipped(Language, Diagnostic),
    Checked(
        Language,
        LanguageCoverage,
        /// `None` if nothing in it must be shown or joined.
        Option<CheckedFile>,
        &'r Surface,
        Vec<Diagnostic>,
    ),
}

/// The texts of files that tell how imports are written.
fn manifests(paths: &[RepoPath], contents: &dyn Contents) -> Vec<(RepoPath, String)> {
    paths
        .iter()
        .filter(|path| trueline_taint::is_manifest(path))
        .filter_map(|path| {
            let bytes = contents.read(path).ok()?;
            Some((path.clone(), String::from_utf8_lossy(&bytes).into_owned()))
        })
        .collect()
}

fn outcome<'r>(
    path: &RepoPath,
    entry: &'r Entry,
    found: UnitFindings,
    tiers: Tiers,
) -> Outcome<'r> {
    let seen = match entry.read().map(|read| &**read) {
        None => return Outcome::NotReached,
        Some(Read::NoFrontEnd(known)) => return Outcome::NoFrontEnd(*known),
        Some(Read::Skipped(Kept(language), diagnostic)) => {
            return Outcome::Skipped(*language, diagnostic.clone());
        }
        Some(Read::Lowered(seen)) => seen,
    };
    let Kept(language) = seen.language;
    if found.outcome == UnitOutcome::Absent {
        return Outcome::NotReached;
    }
    let surface = seen.surface.as_ref();
    let Some(surface) = surface.filter(|_| found.outcome == UnitOutcome::Analyzed) else {
        let diagnostic = Diagnostic::new(
            Level::Error,
            "analysis-failed",
            "skipped: the analysis failed on this file; please report it with the file, if you may",
        );
        return Outcome::Skipped(language, diagnostic.at(path.clone()));
    };
    let mut row = seen.row;
    if !found.diagnostics.is_empty() {
        row.partial = 1;
        row.parsed = 0;
    }
    let mut diagnostics = seen.diagnostics.clone();
    diagnostics.extend(found.diagnostics);
    let (findings, hidden): (Vec<Finding>, Vec<Finding>) = found
        .findings
        .into_iter()
        .partition(|f| tiers == Tiers::All || f.tier == Tier::Shown);
    let keep = !findings.is_empty()
        || !hidden.is_empty()
        || !found.sites.is_empty()
        || !surface.applications.is_empty()
        || !surface.routes.is_empty()
        || !surface.weak_settings.is_empty()
        || !seen.comments.is_empty();
    let file = keep.then(|| CheckedFile {
        path: path.clone(),
        findings,
        hidden,
        sites: found.sites,
        comments: seen.comments.clone(),
    });
    Outcome::Checked(language, row, file, surface, diagnostics)
}

/// A file that was there when it was read, and not, or not the same, when its turn came.
fn vanished<'r>(path: &RepoPath, entry: &Entry) -> Outcome<'r> {
    match entry.read().map(|read| &**read) {
        Some(Read::Lowered(seen)) => {
            let diagnostic = Diagnostic::new(
                Level::Warning,
                "file-changed",
                "skipped: it changed while it was scanned; scan again",
            );
            let Kept(language) = seen.language;
            Outcome::Skipped(language, diagnostic.at(path.clone()))
        }
        _ => Outcome::NotReached,
    }
}

fn language_row(coverage: &mut SourceCoverage, language: Language) -> &mut LanguageCoverage {
    coverage
        .languages
        .entry(language.as_str().to_owned())
        .or_default()
}
