//! Every source file through its front end and the rules, in parallel, on stacks deep enough for
//! parsers. One file's failure is that file's diagnostic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use trueline_facts::scan::{LanguageCoverage, SourceCoverage};
use trueline_facts::{Diagnostic, Finding, Level, RepoPath, RuleId, Tier};
use trueline_syntax::ir::Language;
use trueline_syntax::{Refused, Source};
use trueline_taint::{Engine, Site, Surface};

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
    let done = AtomicU64::new(0);
    let outcomes: Vec<Outcome> = pool.install(|| {
        paths
            .par_iter()
            .map(|path| {
                if interrupt.load(Ordering::Relaxed) {
                    return Outcome::NotReached;
                }
                let outcome = file(engine, path, contents, tiers);
                progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
                outcome
            })
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

fn file(engine: &Engine, path: &RepoPath, contents: &dyn Contents, tiers: Tiers) -> Outcome {
    let Some(language) = trueline_syntax::language_of(path.as_bytes()) else {
        return by_first_line(engine, path, contents, tiers);
    };
    match contents.read(path) {
        Ok(bytes) => text(engine, path, language, bytes, tiers),
        Err(diagnostic) => Outcome::Skipped(language, diagnostic),
    }
}

/// A script without an extension says its language in its first line.
fn by_first_line(
    engine: &Engine,
    path: &RepoPath,
    contents: &dyn Contents,
    tiers: Tiers,
) -> Outcome {
    let no_front_end = Outcome::NoFrontEnd(is_other_source(path));
    if !path.extension().is_empty() {
        return no_front_end;
    }
    let Ok(bytes) = contents.read(path) else {
        return no_front_end;
    };
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    match trueline_syntax::language_of_shebang(first) {
        Some(language) => text(engine, path, language, bytes, tiers),
        None => no_front_end,
    }
}

fn text(
    engine: &Engine,
    path: &RepoPath,
    language: Language,
    bytes: Vec<u8>,
    tiers: Tiers,
) -> Outcome {
    let mut diagnostics = Vec::new();
    let decoded = String::from_utf8_lossy(&bytes);
    if decoded.contains('\0') {
        return Outcome::Skipped(
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
        Err(refused) => return Outcome::Skipped(language, refusal(path, &refused)),
    };
    // The engine shares nothing that a panic could leave half-changed.
    let Ok((analysis, surface)) = catch_unwind(AssertUnwindSafe(|| {
        (
            engine.analyze_file(path, &decoded, &module),
            engine.surface(path, &decoded, &module),
        )
    })) else {
        let diagnostic = Diagnostic::new(
            Level::Error,
            "analysis-failed",
            "skipped: the analysis failed on this file; please report it with the file, if you may",
        );
        return Outcome::Skipped(language, diagnostic.at(path.clone()));
    };
    let cut_short = !analysis.diagnostics.is_empty();
    diagnostics.extend(analysis.diagnostics);
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
    let partial = unknown > 0 || invalid_text || cut_short || !module.coverage.errors.is_empty();
    let row = LanguageCoverage {
        parsed: u64::from(!partial),
        partial: u64::from(partial),
        skipped: 0,
        lines: u64::from(module.coverage.lines),
        unknown_constructs: unknown,
    };
    let (findings, hidden): (Vec<Finding>, Vec<Finding>) = analysis
        .findings
        .into_iter()
        .partition(|f| tiers == Tiers::All || f.tier == Tier::Shown);
    let comments = suppress::comments(&decoded);
    let keep = !findings.is_empty()
        || !hidden.is_empty()
        || !analysis.sites.is_empty()
        || !surface.applications.is_empty()
        || !surface.routes.is_empty()
        || !surface.weak_settings.is_empty()
        || !comments.is_empty();
    drop(decoded);
    Outcome::Checked(
        language,
        row,
        CheckedFile {
            path: path.clone(),
            content: keep.then_some(bytes),
            findings,
            hidden: hidden.into_iter().map(|f| f.rule).collect(),
            sites: analysis.sites,
            comments,
        },
        Box::new(surface),
        diagnostics,
    )
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
