//! `trueline threats`: the threat model of a tree. Components are read from each source file, findings
//! come from a scan, decisions from `.trueline/threats.toml`.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;
use trueline_facts::surface::FileSurface;
use trueline_facts::threat::{ClosedThreat, SCHEMA, ThreatModel};
use trueline_facts::{Diagnostic, Level, RepoPath};
use trueline_syntax::Source;
use trueline_syntax::ir::Language;
use trueline_taint::Engine;
use trueline_threats::{Sources, Texts, decisions, derive};

use crate::check::Contents;
use crate::place::Place;
use crate::source::Scope;
use crate::{
    Checks, Progress, ReadingOptions, ScanError, ScanRequest, Tiers, VERSION, error, scan,
};

/// Stack of a thread that lowers source: decision 23 of the design.
const STACK_BYTES: usize = 64 << 20;

/// Endings of files in languages that nothing is read from, with their names.
const OTHER_LANGUAGES: &[(&[&str], &str)] = &[
    (&["rs"], "Rust"),
    (&["c", "h"], "C"),
    (&["cc", "cpp", "cxx", "hpp", "hh"], "C++"),
    (&["cs"], "C#"),
    (&["rb"], "Ruby"),
    (&["php"], "PHP"),
    (&["kt", "kts"], "Kotlin"),
    (&["swift"], "Swift"),
    (&["scala"], "Scala"),
    (&["ex", "exs"], "Elixir"),
    (&["dart"], "Dart"),
    (&["lua"], "Lua"),
    (&["pl", "pm"], "Perl"),
    (&["zig"], "Zig"),
    (&["clj", "cljs"], "Clojure"),
    (&["hs"], "Haskell"),
];

/// Which tree, and what to lay over its model.
#[derive(Clone, Debug)]
pub struct ThreatsRequest {
    /// A repository, a folder of one, or any folder.
    pub path: PathBuf,
    /// An earlier model in JSON: what is gone from it is listed.
    pub earlier: Option<PathBuf>,
    /// The day by which decisions end, `YYYY-MM-DD`.
    pub today: String,
    /// What every command can be told.
    pub reading: ReadingOptions,
}

/// Derives the model.
pub fn threats(
    request: &ThreatsRequest,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<ThreatModel, ScanError> {
    let place = Place::open_for_code(&request.path)?;
    if place.is_bare() {
        return Err(ScanError::Unusable {
            path: request.path.clone(),
            reason: "a bare repository; a threat model needs a work tree",
        });
    }
    let earlier = request.earlier.as_ref().map(read_earlier).transpose()?;
    let decided = read_decisions(&place)?;
    let report = scan(
        &ScanRequest {
            path: request.path.clone(),
            checks: Checks::All,
            tiers: Tiers::All,
            diff: None,
            baseline: None,
            imports: Vec::new(),
            code_view: false,
            line_hashes: false,
            reading: request.reading.clone(),
        },
        progress,
        interrupt,
    )?
    .report;
    let config = place.config()?;
    let scope = Scope::new(place.prefix.clone(), &config.exclude)?;
    let mut diagnostics = report.diagnostics;
    let paths = place.list(&scope, &[], &mut diagnostics).paths;
    let engine = Engine::builtin()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(request.reading.threads)
        .stack_size(STACK_BYTES)
        .build()
        .map_err(ScanError::Threads)?;
    progress.phase("reading components", paths.len() as u64);
    let done = AtomicU64::new(0);
    let contents = place.contents();
    let mut files: Vec<FileSurface> = pool.install(|| {
        paths
            .par_iter()
            .filter(|_| !interrupt.load(Ordering::Relaxed))
            .filter_map(|path| {
                let read = components(&engine, &*contents, path);
                progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
                read
            })
            .collect()
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let texts = Texts::builtin().map_err(ScanError::ThreatTexts)?;
    let name = place.name();
    let mut model = derive(
        &Sources {
            name: &name,
            files: &files,
            findings: &report.findings,
        },
        &texts,
        VERSION,
    );
    diagnostics.retain(|d| d.level != Level::Note);
    diagnostics.splice(0..0, unread(&paths));
    model.diagnostics = diagnostics;
    if interrupt.load(Ordering::Relaxed) {
        model.diagnostics.push(Diagnostic::new(
            Level::Error,
            "interrupted",
            "Interrupted: the model is of a part of the code.",
        ));
    }
    decisions::apply(&mut model, &decided, &request.today);
    if let Some(earlier) = earlier {
        let gone = earlier
            .threats
            .into_iter()
            .filter(|old| model.threats.iter().all(|now| now.id != old.id));
        model.closed = Some(
            gone.map(|t| ClosedThreat {
                id: t.id,
                title: t.title,
            })
            .collect(),
        );
    }
    Ok(model)
}

/// Told first where no file is in a language that components are read from.
fn unread(paths: &[RepoPath]) -> Option<Diagnostic> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for path in paths {
        match trueline_syntax::language_of(path.as_bytes()) {
            Some(Language::Python | Language::JavaScript | Language::TypeScript) => return None,
            Some(Language::Go) => *counts.entry("Go").or_default() += 1,
            Some(Language::Java) => *counts.entry("Java").or_default() += 1,
            None => {
                let ending = path.extension();
                let known = OTHER_LANGUAGES
                    .iter()
                    .find(|(endings, _)| endings.iter().any(|e| e.as_bytes() == &**ending));
                if let Some((_, language)) = known {
                    *counts.entry(language).or_default() += 1;
                }
            }
        }
    }
    if counts.is_empty() {
        return None;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(language, files)| (std::cmp::Reverse(*files), *language));
    let told: Vec<String> = counts
        .iter()
        .map(|(language, files)| format!("{language} ({files})"))
        .collect();
    Some(Diagnostic::new(
        Level::Warning,
        "threat-languages-unread",
        format!(
            "None of the code here is read for a threat model: it is in {}, and components are read from Python, \
             JavaScript and TypeScript alone. What follows says nothing about that code.",
            told.join(", ")
        ),
    ))
}

/// The components of one file; `None` if it is no source, cannot be read, or has none.
fn components(engine: &Engine, contents: &dyn Contents, path: &RepoPath) -> Option<FileSurface> {
    let language = trueline_syntax::language_of(path.as_bytes())?;
    let bytes = contents.read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    // What cannot be lowered, the scan has told.
    let read = || {
        let source = Source {
            path: &path.display(),
            text: &text,
        };
        let module = trueline_syntax::lower(language, source).ok()?;
        Some(engine.components(path, &text, &module))
    };
    let surface = catch_unwind(AssertUnwindSafe(read)).ok().flatten()?;
    // A file that only hands on names leads to where they are from.
    let says = !surface.imported.is_empty()
        || !surface.reexported.is_empty()
        || surface
            .functions
            .iter()
            .any(|f| !f.uses.is_empty() || !f.calls.is_empty() || !f.calls_elsewhere.is_empty());
    says.then_some(surface)
}

fn read_decisions(place: &Place) -> Result<Vec<trueline_facts::threat::Decision>, ScanError> {
    let path = RepoPath::from(decisions::FILE);
    let Ok(bytes) = place.contents().read(&path) else {
        return Ok(Vec::new());
    };
    decisions::parse(&String::from_utf8_lossy(&bytes)).map_err(ScanError::Decisions)
}

fn read_earlier(path: &PathBuf) -> Result<ThreatModel, ScanError> {
    let instead = "give a file that `trueline threats --format json` wrote";
    let wrong = |why: String| ScanError::EarlierModel {
        path: path.clone(),
        why,
    };
    let text = std::fs::read_to_string(path).map_err(|e| wrong(error::unread(&e, instead)))?;
    let model: ThreatModel =
        serde_json::from_str(&text).map_err(|e| wrong(format!("{e}; {instead}")))?;
    if model.schema != SCHEMA {
        return Err(wrong(format!(
            "its schema is `{}`; {instead}",
            model.schema
        )));
    }
    Ok(model)
}
