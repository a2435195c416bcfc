//! Projects of several files: Markdown in `tests/projects`, where every `##` heading is a project
//! and every fenced block a file of it, named after the language: ```` ```python app/views.py ````.
//! Lines are marked as in `tests/md`; here the mark is wanted in that very file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rayon::ThreadPoolBuilder;
use trueline_facts::{Finding, RepoPath, Tier};
use trueline_syntax::{Source, language_of, lower};
use trueline_taint::{
    Digest, Engine, Lowered, Outline, Project, UnitFindings, UnitId, UnitOutcome, Units,
    is_manifest, serves_its_own_machine,
};

struct Files {
    lowered: Vec<Arc<Lowered>>,
    own_machine: bool,
}

impl Units for Files {
    fn content(&self, unit: UnitId) -> Option<Digest> {
        let file = self.lowered.get(unit.0 as usize)?;
        Some(Digest::of(file.text.as_bytes()))
    }

    fn lowered(&self, unit: UnitId) -> Option<Arc<Lowered>> {
        self.lowered.get(unit.0 as usize).map(Arc::clone)
    }

    fn done(&self, _: UnitId) {}

    fn serves_its_own_machine(&self) -> bool {
        self.own_machine
    }
}

/// Analyses the files of a project on so many threads.
pub(crate) fn analyze(
    engine: &Engine,
    files: &BTreeMap<String, String>,
    threads: usize,
) -> Vec<(RepoPath, UnitFindings)> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(64 << 20)
        .build()
        .unwrap();
    pool.install(|| {
        let path = |name: &String| RepoPath::from(name.as_str());
        let manifests: Vec<_> = files
            .iter()
            .map(|(name, text)| (path(name), text.clone()))
            .filter(|(path, _)| is_manifest(path))
            .collect();
        let sources: Vec<_> = files
            .iter()
            .filter(|(name, _)| language_of(name.as_bytes()).is_some())
            .collect();
        let units = sources
            .iter()
            .map(|(name, _)| (path(name), language_of(name.as_bytes())))
            .collect();
        let mut project = Project::new(units, &manifests);
        let lowered: Vec<Arc<Lowered>> = sources
            .iter()
            .map(|(name, text)| {
                let language = language_of(name.as_bytes()).unwrap();
                let source = Source { path: name, text };
                let module = lower(language, source).unwrap();
                let text = (*text).clone();
                Arc::new(Lowered { text, module })
            })
            .collect();
        let outlines: Vec<_> = lowered.iter().map(|f| Outline::of(&f.module)).collect();
        project.connect(&outlines.iter().collect::<Vec<_>>());
        let imports: Vec<_> = outlines
            .iter()
            .enumerate()
            .map(|(at, outline)| project.needed(UnitId(at as u32), outline))
            .collect();
        let surfaces: Vec<_> = sources
            .iter()
            .zip(&lowered)
            .map(|((name, text), file)| engine.surface(&path(name), text, &file.module))
            .collect();
        let own_machine = serves_its_own_machine(surfaces.iter());
        let files = Files {
            lowered,
            own_machine,
        };
        let found = engine.analyze_project(&project, &imports, &files).found;
        sources
            .iter()
            .zip(found)
            .map(|((name, _), found)| (path(name), found))
            .collect()
    })
}

fn findings(engine: &Engine, files: &[(&str, &str)]) -> Vec<Finding> {
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    analyze(engine, &files, 2)
        .into_iter()
        .flat_map(|(_, found)| found.findings)
        .collect()
}

#[test]
fn marked_lines_of_projects_have_findings_and_others_have_none() {
    let engine = Engine::builtin().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects");
    let mut documents: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    documents.sort();
    let mut wrong = Vec::new();
    let mut counted = 0;
    for document in &documents {
        let text = std::fs::read_to_string(document).unwrap();
        for (heading, files) in projects(&text) {
            counted += 1;
            check(&engine, &heading, &files, &mut wrong);
        }
    }
    assert!(counted > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(
    engine: &Engine,
    heading: &str,
    files: &BTreeMap<String, String>,
    wrong: &mut Vec<String>,
) {
    let found = analyze(engine, files, 2);
    let mut expected = Vec::new();
    for (name, text) in files {
        for (at, line) in text.lines().enumerate() {
            for (marker, tier) in [("finding: ", Tier::Shown), ("all: ", Tier::All)] {
                for rule in line.split(marker).skip(1) {
                    let rule = rule.split_whitespace().next().unwrap_or("");
                    expected.push((name.clone(), at as u32 + 1, rule.to_owned(), tier));
                }
            }
        }
    }
    let mut actual = Vec::new();
    for (path, unit) in &found {
        assert_eq!(unit.outcome, UnitOutcome::Analyzed, "{heading}: {path:?}");
        for finding in &unit.findings {
            assert_eq!(finding.location.path, *path);
            actual.push((
                path.display().into_owned(),
                finding.location.start.line,
                finding.rule.as_str().to_owned(),
                finding.tier,
            ));
        }
    }
    for item in &expected {
        if !actual.contains(item) {
            wrong.push(format!("{heading}: missing {item:?}"));
        }
    }
    for item in &actual {
        if !expected.contains(item) && item.3 == Tier::Shown {
            wrong.push(format!("{heading}: unexpected {item:?}"));
        }
    }
}

fn projects(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut all: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            all.push((title.to_owned(), BTreeMap::new()));
            continue;
        }
        let Some((_, files)) = all.last_mut() else {
            continue;
        };
        match (&open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => open = None,
            (Some(name), None) => {
                let file = files.entry(name.clone()).or_default();
                file.push_str(line);
                file.push('\n');
            }
            (None, Some(info)) => {
                let name = info.split_whitespace().nth(1).unwrap().to_owned();
                files.entry(name.clone()).or_default();
                open = Some(name);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    all
}

const VIEWS: &str = "from flask import Flask, request
from store.users import find

app = Flask(__name__)

@app.route('/user')
def user():
    return find(request.args['name'])
";

const USERS: &str = "import sqlite3

def find(name):
    connection = sqlite3.connect('shop.db')
    return connection.execute(\"SELECT * FROM users WHERE name = '\" + name + \"'\").fetchone()
";

#[test]
fn a_finding_is_at_the_sink_and_its_trace_leads_through_the_files() {
    let engine = Engine::builtin().unwrap();
    let found = findings(
        &engine,
        &[
            ("store/__init__.py", ""),
            ("store/users.py", USERS),
            ("views.py", VIEWS),
        ],
    );
    let [finding] = found.as_slice() else {
        panic!("{found:?}");
    };
    let steps: Vec<String> = finding
        .trace
        .iter()
        .map(|s| {
            let path = s.location.path.display();
            format!(
                "{path}:{}: {} | {}",
                s.location.start.line,
                s.message,
                s.location.snippet.trim()
            )
        })
        .collect();
    insta::assert_snapshot!(format!("{}\n{}\n{}", finding.message, finding.symbol, steps.join("\n")), @r#"
    `request.args` (parameters of the request) becomes part of an SQL query in `connection.execute`.
    find
    views.py:8: source: parameters of the request | return find(request.args['name'])
    views.py:8: passed to `find` | return find(request.args['name'])
    store/users.py:5: joined to other text | return connection.execute("SELECT * FROM users WHERE name = '" + name + "'").fetchone()
    store/users.py:5: joined to other text | return connection.execute("SELECT * FROM users WHERE name = '" + name + "'").fetchone()
    store/users.py:5: sink | return connection.execute("SELECT * FROM users WHERE name = '" + name + "'").fetchone()
    "#);
}

#[test]
fn a_finding_keeps_its_fingerprint_when_its_source_moves_to_another_file() {
    let engine = Engine::builtin().unwrap();
    let print = |files: &[(&str, &str)]| {
        let found = findings(&engine, files);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].fingerprint.clone()
    };
    let apart = print(&[("store/users.py", USERS), ("views.py", VIEWS)]);
    let together = VIEWS.replace("from store.users import find\n", "") + USERS;
    assert_eq!(print(&[("store/users.py", &together)]), apart);
}

#[test]
fn the_number_of_threads_does_not_change_the_outcome() {
    let engine = Engine::builtin().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects");
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for (at, (_, files)) in projects(&text).into_iter().enumerate() {
            for (name, text) in files {
                all.insert(format!("p{at}/{name}"), text);
            }
        }
    }
    let one = format!("{:?}", analyze(&engine, &all, 1));
    assert_eq!(format!("{:?}", analyze(&engine, &all, 2)), one);
    assert_eq!(format!("{:?}", analyze(&engine, &all, 8)), one);
}

#[test]
fn hundreds_of_files_that_all_import_each_other_come_to_an_end() {
    let engine = Engine::builtin().unwrap();
    let count = 200;
    let mut files = BTreeMap::new();
    for at in 0..count {
        let mut text = String::new();
        for step in [1, 7, 31] {
            let other = (at + step) % count;
            let line = format!("from m{other} import f as f{step}, K as k{step}\n");
            text.push_str(&line);
        }
        text.push_str("from m0 import *\nK = k1\ndef f(x):\n    return f1(x) + f7(x) + f31(x)\n");
        files.insert(format!("m{at}.py"), text);
    }
    let found = analyze(&engine, &files, 2);
    assert!(
        found
            .iter()
            .all(|(_, f)| f.outcome == UnitOutcome::Analyzed)
    );
}

#[test]
fn names_that_are_exported_in_circles_are_nothing() {
    let engine = Engine::builtin().unwrap();
    let found = findings(
        &engine,
        &[
            ("a.js", "export * from './b';\nexport { x } from './b';\n"),
            ("b.js", "export * from './a';\nexport { x } from './a';\n"),
            (
                "c.js",
                "import { x, y } from './a';\nimport z from './nowhere';\nx(y); z(x);\n",
            ),
        ],
    );
    assert_eq!(found, []);
}
