//! What holds of the check of any project, for the replay of the engine's corpus and for its fuzzer
//! (`fuzz/`), which includes this file.
//!
//! A project is written as text: a line `=== PATH` begins a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};
use trueline_facts::{Finding, Location, Position, RepoPath};
use trueline_syntax::{Source, language_of, lower};
use trueline_taint::{
    Digest, Engine, Lowered, Outline, Project, UnitFindings, UnitId, UnitOutcome, Units,
    is_manifest,
};

/// Files of the largest project.
const MAX_FILES: usize = 6;

/// What checks share: rules are compiled once, and threads are not free.
pub(crate) struct Fixture {
    engine: Engine,
    alone: ThreadPool,
    together: ThreadPool,
}

impl Fixture {
    /// All rules; one thread, and two.
    #[must_use]
    pub(crate) fn new() -> Self {
        let pool = |threads| {
            ThreadPoolBuilder::new()
                .num_threads(threads)
                .stack_size(64 << 20)
                .build()
                .unwrap()
        };
        Self {
            engine: Engine::builtin().unwrap(),
            alone: pool(1),
            together: pool(2),
        }
    }
}

struct Files(Vec<Option<Arc<Lowered>>>);

impl Units for Files {
    fn content(&self, unit: UnitId) -> Option<Digest> {
        let file = self.0.get(unit.0 as usize)?.as_ref()?;
        Some(Digest::of(file.text.as_bytes()))
    }

    fn lowered(&self, unit: UnitId) -> Option<Arc<Lowered>> {
        self.0.get(unit.0 as usize)?.clone()
    }

    fn done(&self, _: UnitId) {}
}

/// The files of an input.
fn files_of(data: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(data);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut present: Option<String> = None;
    for line in text.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("=== ") {
            let path = path.trim();
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
            let usable = !path.is_empty()
                && path.len() < 100
                && path.chars().all(plain)
                && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
            present = (usable && files.len() < MAX_FILES).then(|| path.to_owned());
            if let Some(path) = &present {
                files.insert(path.clone(), String::new());
            }
        } else if let Some(file) = present.as_ref().and_then(|path| files.get_mut(path)) {
            file.push_str(line);
        }
    }
    files
}

/// Checks an input on one thread and on two, and all that the engine promises of the result.
///
/// # Panics
///
/// If a promise is broken.
pub(crate) fn check(fixture: &Fixture, data: &[u8]) {
    let files = files_of(data);
    if files.is_empty() {
        return;
    }
    let (found, findings) = fixture.alone.install(|| run(&fixture.engine, &files));
    let (again, findings_again) = fixture.together.install(|| run(&fixture.engine, &files));
    assert!(
        found == again && findings == findings_again,
        "not the same twice: {files:#?}"
    );
    for unit in &found {
        assert_ne!(unit.outcome, UnitOutcome::Failed, "{files:#?}");
        for pair in unit.findings.windows(2) {
            let place = |f: &Finding| (f.location.path.clone(), f.location.start);
            assert!(place(&pair[0]) <= place(&pair[1]), "order: {files:#?}");
        }
        let places = unit.sites.iter().map(|site| site.start);
        assert!(places.is_sorted(), "order of sites: {files:#?}");
    }
    for finding in &findings {
        place(&files, &finding.location);
        for step in &finding.trace {
            place(&files, &step.location);
        }
        let patch = finding.fix.as_ref().and_then(|fix| fix.patch.as_ref());
        if let Some(patch) = patch {
            let text = &files[&*finding.location.path.display()];
            let patched = trueline_taint::apply(text, &patch.edits);
            assert!(patched.is_some(), "{patch:?} does not fit: {files:#?}");
        }
    }
}

/// A place is inside of its file.
fn place(files: &BTreeMap<String, String>, location: &Location) {
    let path = location.path.display();
    let Some(text) = files.get(&*path) else {
        panic!("no file {path}: {files:#?}");
    };
    let lines: Vec<&str> = text.split('\n').collect();
    let inside = |at: Position| {
        let line = (at.line as usize).checked_sub(1).and_then(|n| lines.get(n));
        line.is_some_and(|line| (1..=line.chars().count() as u32 + 1).contains(&at.column))
    };
    assert!(
        location.start <= location.end && inside(location.start) && inside(location.end),
        "{location:?} is not in {files:#?}"
    );
}

/// The whole check: files by themselves and together, controls, patches.
fn run(engine: &Engine, files: &BTreeMap<String, String>) -> (Vec<UnitFindings>, Vec<Finding>) {
    let path = |name: &String| RepoPath::from(name.as_str());
    let manifests: Vec<_> = files
        .iter()
        .map(|(name, text)| (path(name), text.clone()))
        .filter(|(path, _)| is_manifest(path))
        .collect();
    let sources: Vec<(&String, Option<Arc<Lowered>>)> = files
        .iter()
        .filter_map(|(name, text)| {
            let language = language_of(name.as_bytes())?;
            let module = lower(language, Source { path: name, text }).ok();
            let text = text.clone();
            Some((
                name,
                module.map(|module| Arc::new(Lowered { text, module })),
            ))
        })
        .collect();
    let units = sources
        .iter()
        .map(|(name, _)| (path(name), language_of(name.as_bytes())))
        .collect();
    let mut project = Project::new(units, &manifests);
    let outlines: Vec<Outline> = sources
        .iter()
        .map(|(_, file)| {
            file.as_ref()
                .map_or_else(Outline::default, |f| Outline::of(&f.module))
        })
        .collect();
    project.connect(&outlines.iter().collect::<Vec<_>>());
    let imports: Vec<_> = outlines
        .iter()
        .enumerate()
        .map(|(at, outline)| project.needed(UnitId(at as u32), outline))
        .collect();
    let lowered = Files(sources.iter().map(|(_, file)| file.clone()).collect());
    let found = engine.analyze_project(&project, &imports, &lowered).found;
    let mut findings: Vec<Finding> = Vec::new();
    let mut surfaces = Vec::new();
    for (unit, (name, file)) in found.iter().zip(&sources) {
        let mut of_file = unit.findings.clone();
        if let Some(file) = file {
            engine.add_patches(name, &file.text, &file.module, &mut of_file);
            surfaces.push(engine.surface(&path(name), &file.text, &file.module));
        }
        findings.extend(of_file);
    }
    let paths: Vec<_> = files.keys().map(path).collect();
    let surfaces: Vec<_> = surfaces.iter().collect();
    findings.extend(engine.missing_controls(&surfaces, &paths).0);
    (found, findings)
}
