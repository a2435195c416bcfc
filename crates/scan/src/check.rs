//! Every source file through its front end and the rules, in parallel, on stacks deep enough for
//! parsers. One file's failure is that file's diagnostic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::ThreadPoolBuilder;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use trueline_facts::scan::{LanguageCoverage, SourceCoverage};
use trueline_facts::{Diagnostic, Finding, Level, RepoPath, RuleId, Tier};
use trueline_syntax::ir::Language;
use trueline_syntax::{Refused, Source};
use trueline_taint::{
    Engine, Lowered, Project, Site, Surface, UnitFindings, UnitId, UnitOutcome, Units,
};

use crate::suppress::{self, Comment};
use crate::{Progress, ScanError, source};

/// Stack of a worker: parsers recurse up to the nesting limit of `trueline_syntax`.
const STACK_BYTES: usize = 64 << 20;

/// What is known about one file after all rules ran.
#[derive(Debug)]
pub(crate) struct CheckedFile {
    pub(crate) path: RepoPath,
    /// Its bytes, kept only when something in it must be shown or joined.
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) findings: Vec<Finding>,
    /// Rules of the findings that were not asked for, one for each.
    pub(crate) hidden: Vec<RuleId>,
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
}

/// How the bytes of a file are had.
pub(crate) trait Contents: Sync {
    /// All bytes of a file, or why not.
    fn read(&self, path: &RepoPath) -> Result<Vec<u8>, Diagnostic>;
}

/// Which findings are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tiers {
    /// The default tier.
    Shown,
    /// Both.
    All,
}

/// Checks the files. The result is in the order of `paths`, whatever the number of threads.
pub(crate) fn run(
    engine: &Engine,
    paths: &[RepoPath],
    contents: &dyn Contents,
    tiers: Tiers,
    threads: usize,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<Checked, ScanError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK_BYTES)
        .build()
        .map_err(ScanError::Threads)?;
    progress.phase("checking", paths.len() as u64);
    let files = Files {
        paths,
        contents,
        interrupt,
        progress,
        kept: paths.iter().map(|_| Mutex::default()).collect(),
        kept_bytes: AtomicU64::new(0),
        done: AtomicU64::new(0),
    };
    let project = Project::new(
        paths
            .iter()
            .map(|path| {
                let language = trueline_syntax::language_of(path.as_bytes());
                (path.clone(), language)
            })
            .collect(),
        &manifests(paths, contents),
    );
    let outcomes: Vec<Outcome> = pool.install(|| {
        let read: Vec<Read> = (0..paths.len())
            .into_par_iter()
            .map(|at| files.read(engine, &project, UnitId(at as u32)))
            .collect();
        let imports: Vec<Vec<UnitId>> = read.iter().map(Read::imports).collect();
        let found = engine.analyze_project(&project, &imports, &files);
        read.into_par_iter()
            .zip(found)
            .enumerate()
            .map(|(at, (read, found))| files.outcome(UnitId(at as u32), read, found, tiers))
            .collect()
    });

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
                    surfaces.push(*surface);
                }
                if file.content.is_some() {
                    checked.files.push(file);
                }
            }
        }
    }
    add_missing_controls(&mut checked, engine, &surfaces, paths, tiers);
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
    Ok(checked)
}

/// Puts what applications are missing beside the findings of the files that it stands in.
fn add_missing_controls(
    checked: &mut Checked,
    engine: &Engine,
    surfaces: &[Surface],
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
            file.hidden.push(finding.rule);
        }
    }
}

enum Outcome {
    NotReached,
    /// Is it source code in a language that we know of but cannot read?
    NoFrontEnd(bool),
    Skipped(Language, Diagnostic),
    Checked(
        Language,
        LanguageCoverage,
        CheckedFile,
        Box<Surface>,
        Vec<Diagnostic>,
    ),
}

/// Bytes of files that are held between reading and checking; the rest is read again, which costs
/// less than the memory.
const KEPT_BYTES: u64 = 24 << 20;

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

/// Where files come from while they are checked.
struct Files<'a> {
    paths: &'a [RepoPath],
    contents: &'a dyn Contents,
    interrupt: &'a AtomicBool,
    progress: &'a dyn Progress,
    kept: Vec<Mutex<Option<Arc<Lowered>>>>,
    kept_bytes: AtomicU64,
    done: AtomicU64,
}

/// A file after its front end.
enum Read {
    NotReached,
    NoFrontEnd(bool),
    Skipped(Language, Diagnostic),
    Lowered(Box<Seen>),
}

/// What is known of a file before the analysis.
struct Seen {
    language: Language,
    imports: Vec<UnitId>,
    row: LanguageCoverage,
    surface: Option<Surface>,
    comments: Vec<Comment>,
    diagnostics: Vec<Diagnostic>,
}

impl Read {
    fn imports(&self) -> Vec<UnitId> {
        match self {
            Self::Lowered(seen) => seen.imports.clone(),
            Self::NotReached | Self::NoFrontEnd(_) | Self::Skipped(..) => Vec::new(),
        }
    }
}

impl Units for Files<'_> {
    fn lowered(&self, unit: UnitId) -> Option<Arc<Lowered>> {
        if self.interrupt.load(Ordering::Relaxed) {
            return None;
        }
        let kept = self.kept.get(unit.0 as usize)?;
        if let Some(lowered) = &*kept.lock().unwrap_or_else(PoisonError::into_inner) {
            return Some(Arc::clone(lowered));
        }
        let path = self.paths.get(unit.0 as usize)?;
        let (language, bytes) = self.source(path).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let source = Source {
            path: &path.display(),
            text: &text,
        };
        let module = trueline_syntax::lower(language, source).ok()?;
        Some(Arc::new(Lowered { text, module }))
    }

    fn done(&self, unit: UnitId) {
        if let Some(kept) = self.kept.get(unit.0 as usize) {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.progress
            .advance_to(self.done.fetch_add(1, Ordering::Relaxed) + 1);
    }
}

impl Files<'_> {
    /// The language and bytes of a file, or why it is not read.
    fn source(&self, path: &RepoPath) -> Result<(Language, Vec<u8>), Read> {
        if let Some(language) = trueline_syntax::language_of(path.as_bytes()) {
            return match self.contents.read(path) {
                Ok(bytes) => Ok((language, bytes)),
                Err(diagnostic) => Err(Read::Skipped(language, diagnostic)),
            };
        }
        // A script without an extension says its language in its first line.
        let no_front_end = Read::NoFrontEnd(is_other_source(path));
        if !path.extension().is_empty() {
            return Err(no_front_end);
        }
        let Ok(bytes) = self.contents.read(path) else {
            return Err(no_front_end);
        };
        let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        match trueline_syntax::language_of_shebang(first) {
            Some(language) => Ok((language, bytes)),
            None => Err(no_front_end),
        }
    }

    /// Reads and lowers a file, and holds it for the analysis if there is room.
    fn read(&self, engine: &Engine, project: &Project, unit: UnitId) -> Read {
        if self.interrupt.load(Ordering::Relaxed) {
            return Read::NotReached;
        }
        let Some(path) = self.paths.get(unit.0 as usize) else {
            return Read::NotReached;
        };
        let (language, bytes) = match self.source(path) {
            Ok(source) => source,
            Err(read) => return read,
        };
        let mut diagnostics = Vec::new();
        let size = bytes.len() as u64;
        let decoded = String::from_utf8_lossy(&bytes);
        if decoded.contains('\0') {
            return Read::Skipped(
                language,
                Diagnostic::new(Level::Warning, "file-binary", "skipped: binary content")
                    .at(path.clone()),
            );
        }
        let invalid_text = matches!(decoded, std::borrow::Cow::Owned(_));
        if invalid_text {
            diagnostics.push(
                Diagnostic::new(
                    Level::Note,
                    "file-not-utf8",
                    "not UTF-8: bytes that are not text were replaced",
                )
                .at(path.clone()),
            );
        }
        let source = Source {
            path: &path.display(),
            text: &decoded,
        };
        let module = match trueline_syntax::lower(language, source) {
            Ok(module) => module,
            Err(refused) => return Read::Skipped(language, refusal(path, &refused)),
        };
        let unknown = module.coverage.unknown.len() as u64;
        if let Some(error) = module.coverage.errors.first() {
            let line = trueline_syntax::lines::LineIndex::new(&decoded)
                .position(&decoded, error.span.start)
                .0;
            diagnostics.push(
                Diagnostic::new(
                    Level::Warning,
                    "file-partly-parsed",
                    format!(
                        "{} syntax errors, first at line {line}: {}",
                        module.coverage.errors.len(),
                        error.message
                    ),
                )
                .at(path.clone()),
            );
        }
        let partial = unknown > 0 || invalid_text || !module.coverage.errors.is_empty();
        let row = LanguageCoverage {
            parsed: u64::from(!partial),
            partial: u64::from(partial),
            skipped: 0,
            lines: u64::from(module.coverage.lines),
            unknown_constructs: unknown,
        };
        // The engine shares nothing that a panic could leave half-changed.
        let surface = catch_unwind(AssertUnwindSafe(|| engine.surface(path, &decoded, &module)));
        let seen = Seen {
            language,
            imports: project.imports(unit, &module),
            row,
            surface: surface.ok(),
            comments: suppress::comments(&decoded),
            diagnostics,
        };
        let text = decoded.into_owned();
        if self.kept_bytes.fetch_add(size, Ordering::Relaxed) < KEPT_BYTES
            && let Some(kept) = self.kept.get(unit.0 as usize)
        {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Arc::new(Lowered { text, module }));
        }
        Read::Lowered(Box::new(seen))
    }

    fn outcome(&self, unit: UnitId, read: Read, found: UnitFindings, tiers: Tiers) -> Outcome {
        let seen = match read {
            Read::NotReached => return Outcome::NotReached,
            Read::NoFrontEnd(known) => return Outcome::NoFrontEnd(known),
            Read::Skipped(language, diagnostic) => return Outcome::Skipped(language, diagnostic),
            Read::Lowered(seen) => seen,
        };
        let Some(path) = self.paths.get(unit.0 as usize) else {
            return Outcome::NotReached;
        };
        if found.outcome == UnitOutcome::Absent {
            return Outcome::NotReached;
        }
        let Some(surface) = seen
            .surface
            .filter(|_| found.outcome == UnitOutcome::Analyzed)
        else {
            let diagnostic = Diagnostic::new(
                Level::Error,
                "analysis-failed",
                "skipped: the analysis failed on this file; please report it with the file, if you may",
            );
            return Outcome::Skipped(seen.language, diagnostic.at(path.clone()));
        };
        let mut row = seen.row;
        if !found.diagnostics.is_empty() {
            row.partial = 1;
            row.parsed = 0;
        }
        let mut diagnostics = seen.diagnostics;
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
        let content = keep.then(|| self.contents.read(path).ok()).flatten();
        Outcome::Checked(
            seen.language,
            row,
            CheckedFile {
                path: path.clone(),
                content,
                findings,
                hidden: hidden.into_iter().map(|f| f.rule).collect(),
                sites: found.sites,
                comments: seen.comments,
            },
            Box::new(surface),
            diagnostics,
        )
    }
}

fn refusal(path: &RepoPath, refused: &Refused) -> Diagnostic {
    let (level, code) = match refused {
        Refused::TooLarge { bytes, .. } => return source::too_large(path, *bytes as u64),
        Refused::TooDeep { .. } => (Level::Warning, "file-too-deep"),
        Refused::Minified { .. } => (Level::Warning, "file-minified"),
        Refused::ParserPanicked { .. } => (Level::Warning, "parser-failed"),
    };
    Diagnostic::new(level, code, format!("skipped: {refused}")).at(path.clone())
}

fn language_row(coverage: &mut SourceCoverage, language: Language) -> &mut LanguageCoverage {
    coverage
        .languages
        .entry(language.as_str().to_owned())
        .or_default()
}

/// Extensions of programming languages that have no front end yet: counted, so that silence about
/// them is never taken for safety.
fn is_other_source(path: &RepoPath) -> bool {
    const EXTENSIONS: &[&[u8]] = &[
        b"astro", b"bash", b"c", b"cc", b"clj", b"cpp", b"cr", b"cs", b"cxx", b"dart", b"ex",
        b"exs", b"fs", b"go", b"groovy", b"h", b"hpp", b"hs", b"java", b"jl", b"kt", b"kts",
        b"lua", b"m", b"ml", b"mm", b"nim", b"php", b"pl", b"pm", b"ps1", b"r", b"rb", b"rs",
        b"scala", b"sh", b"sol", b"sql", b"svelte", b"swift", b"vb", b"vue", b"zig",
    ];
    let extension = path.extension().to_ascii_lowercase();
    EXTENSIONS.contains(&extension.as_slice())
}
