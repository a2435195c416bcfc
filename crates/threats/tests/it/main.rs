//! Models derived from source: which flows are seen, which are not, and where.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agents;
mod behind;
mod places;
mod resolving;
mod steps;
mod tools;

use trueline_facts::RepoPath;
use trueline_facts::surface::FileSurface;
use trueline_facts::threat::ThreatModel;
use trueline_syntax::{Source, language_of};
use trueline_taint::Engine;
use trueline_threats::{Sources, Texts, derive};

/// The model of some files.
fn model(files: &[(&str, &str)]) -> ThreatModel {
    let engine = Engine::builtin().unwrap();
    let mut surfaces: Vec<FileSurface> = files
        .iter()
        .map(|(path, text)| {
            let language = language_of(path.as_bytes()).unwrap();
            let module = trueline_syntax::lower(language, Source { path, text }).unwrap();
            engine.components(&RepoPath::from(*path), text, &module)
        })
        .collect();
    surfaces.sort_by(|a, b| a.path.cmp(&b.path));
    let sources = Sources {
        name: "it",
        files: &surfaces,
        findings: &[],
    };
    derive(&sources, &Texts::builtin().unwrap(), "0")
}

fn name<'m>(model: &'m ThreatModel, id: &str) -> &'m str {
    let mut all = model.components.iter();
    all.find(|c| c.id == id).map_or("", |c| c.name.as_str())
}

/// `from -> to` of each flow.
fn flows(model: &ThreatModel) -> Vec<String> {
    let ends = |f: &trueline_facts::threat::Flow| {
        format!("{} -> {}", name(model, &f.from), name(model, &f.to))
    };
    model.flows.iter().map(ends).collect()
}

/// `path:line` of a flow; nothing if there is none.
fn places(model: &ThreatModel, from: &str, to: &str) -> Vec<String> {
    let found = model
        .flows
        .iter()
        .filter(|f| name(model, &f.from) == from && name(model, &f.to) == to);
    found
        .flat_map(|f| &f.evidence)
        .map(|l| format!("{}:{}", l.path, l.start.line))
        .collect()
}

#[track_caller]
fn has(model: &ThreatModel, flow: &str) {
    let flows = flows(model);
    assert!(flows.iter().any(|f| f == flow), "no `{flow}` in {flows:#?}");
}

#[track_caller]
fn lacks(model: &ThreatModel, flow: &str) {
    let flows = flows(model);
    assert!(flows.iter().all(|f| f != flow), "`{flow}` in {flows:#?}");
}
