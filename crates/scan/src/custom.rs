//! The team's own rules: `.trueline/rules/*.toml` in the tree, in the format of ours. They run with
//! the built-in ones; `trueline rules test` runs their examples.

use std::path::{Path, PathBuf};

use trueline_facts::RepoPath;
use trueline_history::ObjectId;
use trueline_history::repository::Repository;
use trueline_syntax::{Source, with_deep_stack};
use trueline_taint::{Engine, Example};

use crate::ScanError;
use crate::config::nearest;
use crate::place::Place;
use crate::source;

/// Where a team's rules are.
pub(crate) const FOLDER: &str = ".trueline/rules";
/// Most files, and longest one in bytes.
const MAX_FILES: usize = 256;
const MAX_BYTES: usize = 1 << 20;

/// The built-in rules and the team's.
pub(crate) fn engine(place: &Place) -> Result<Engine, ScanError> {
    let files = if place.is_bare() {
        // Without a work tree the rules of HEAD are not looked for.
        Vec::new()
    } else {
        read(place.root_path(), Path::new(FOLDER))?
    };
    if files.is_empty() {
        return Ok(Engine::builtin()?);
    }
    with_rules(&files)
}

/// The team's rules in the work tree: names and texts, by name. Without a work tree there are none.
pub(crate) fn rules_of(place: &Place) -> Result<Vec<(String, String)>, ScanError> {
    if place.is_bare() {
        return Ok(Vec::new());
    }
    read(place.root_path(), Path::new(FOLDER))
}

/// The team's rules at a commit: names and texts, by name.
pub(crate) fn rules_at(
    repository: &Repository,
    commit: ObjectId,
) -> Result<Vec<(String, String)>, ScanError> {
    let mut files = Vec::new();
    for (name, id) in repository.folder_at(commit, FOLDER) {
        if Path::new(&name).extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let shown = format!("{FOLDER}/{name}");
        let failed = |reason: &str| ScanError::RuleFile {
            file: shown.clone(),
            reason: reason.to_owned(),
        };
        if files.len() == MAX_FILES {
            return Err(failed("more than 256 rule files"));
        }
        let bytes = repository
            .blob(id)
            .ok_or_else(|| failed("its content is not in this repository"))?;
        if bytes.len() > MAX_BYTES {
            return Err(failed("larger than a rule file can be (1 MiB)"));
        }
        files.push((shown, String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(files)
}

/// The built-in rules and these of the team.
pub(crate) fn with_own(files: &[(String, String)]) -> Result<Engine, ScanError> {
    if files.is_empty() {
        return Ok(Engine::builtin()?);
    }
    with_rules(files)
}

/// Whether a file is a rule of the team.
pub(crate) fn is_rule_file(path: &RepoPath) -> bool {
    path.as_bytes().starts_with(FOLDER.as_bytes())
}

/// The built-in rules are known to load: what fails is the team's.
fn with_rules(files: &[(String, String)]) -> Result<Engine, ScanError> {
    Engine::with_rules(files).map_err(|error| ScanError::OwnRules(brief(&error.to_string())))
}

/// The parser lists every key that it knows; the nearest one is what helps.
fn brief(error: &str) -> String {
    let Some((before, known)) = error.split_once(", expected one of ") else {
        return error.to_owned();
    };
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let wrong = before.rsplit('`').nth(1).unwrap_or_default();
    match nearest(wrong, &known) {
        Some(near) => format!("{before}; did you mean `{near}`?"),
        None => format!("{before}; the rules that are built in show what can be said"),
    }
}

/// The rule files of a folder below a root, by name. Links are not followed.
fn read(root: &Path, folder: &Path) -> Result<Vec<(String, String)>, ScanError> {
    let full = root.join(folder);
    let is_folder = full
        .symlink_metadata()
        .is_ok_and(|found| found.file_type().is_dir());
    if !is_folder {
        return Ok(Vec::new());
    }
    let unreadable = |source| ScanError::Path {
        path: full.clone(),
        source,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&full).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_file = entry.file_type().is_ok_and(|t| t.is_file());
        if is_file && Path::new(name).extension().is_some_and(|e| e == "toml") {
            names.push(name.to_owned());
        }
    }
    names.sort();
    if names.len() > MAX_FILES {
        return Err(ScanError::Unusable {
            path: full,
            reason: "more than 256 rule files",
        });
    }
    let mut files = Vec::new();
    for name in names {
        let shown = folder.join(&name).display().to_string();
        let path = RepoPath::from(shown.as_str());
        let bytes = source::read(root, &path).map_err(|diagnostic| ScanError::RuleFile {
            file: shown.clone(),
            reason: diagnostic.message,
        })?;
        if bytes.len() > MAX_BYTES {
            return Err(ScanError::RuleFile {
                file: shown,
                reason: "larger than a rule file can be (1 MiB)".to_owned(),
            });
        }
        files.push((shown, String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(files)
}

/// What became of the examples of a folder of rules.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct RuleTest {
    /// Always `trueline.rules-test/1`.
    pub schema: &'static str,
    /// The folder.
    pub folder: PathBuf,
    /// Ids of the rules that were read.
    pub rules: Vec<String>,
    /// Examples and counterexamples that ran.
    pub examples: usize,
    /// What was wrong, in a sentence each.
    pub failures: Vec<String>,
}

/// Runs the examples of the rules of a folder; by default the team's own of the present tree.
pub fn test_rules(path: &Path, folder: Option<&Path>) -> Result<RuleTest, ScanError> {
    let (root, below) = match folder {
        Some(folder) => (folder.to_owned(), PathBuf::new()),
        None => (
            Place::open_for_code(path)?.root_path().to_owned(),
            PathBuf::from(FOLDER),
        ),
    };
    let files = read(&root, &below)?;
    let shown = root.join(&below);
    if files.is_empty() {
        return Err(ScanError::Unusable {
            path: shown,
            reason: "no rule files (*.toml) there; `trueline rules explain RULE` shows what a rule says",
        });
    }
    let builtin = Engine::builtin()?;
    let engine = with_rules(&files)?;
    let own = engine
        .rules()
        .iter()
        .filter(|r| builtin.rules().iter().all(|b| b.id != r.id));
    let mut test = RuleTest {
        schema: "trueline.rules-test/1",
        folder: shown,
        rules: Vec::new(),
        examples: 0,
        failures: Vec::new(),
    };
    for rule in own {
        let id = rule.id.as_str();
        test.rules.push(id.to_owned());
        if rule.examples.is_empty() || rule.counterexamples.is_empty() {
            test.failures.push(format!(
                "{id}: a rule needs at least one example that it finds and one counterexample that it leaves alone"
            ));
        }
        for (list, wanted) in [(&rule.examples, true), (&rule.counterexamples, false)] {
            for (at, example) in list.iter().enumerate() {
                test.examples += 1;
                let name = if wanted { "example" } else { "counterexample" };
                match finds(&engine, id, example) {
                    Ok(found) if found == wanted => {}
                    Ok(found) => test.failures.push(format!(
                        "{id}: {name} {} ({}) is {}found:\n{}",
                        at + 1,
                        example.language,
                        if found { "" } else { "not " },
                        example.code.trim_end()
                    )),
                    Err(reason) => test
                        .failures
                        .push(format!("{id}: {name} {}: {reason}", at + 1)),
                }
            }
        }
    }
    Ok(test)
}

fn finds(engine: &Engine, id: &str, example: &Example) -> Result<bool, String> {
    let name = format!("example.{}", extension(example));
    with_deep_stack(|| {
        let source = Source {
            path: &name,
            text: &example.code,
        };
        let module = trueline_syntax::lower(example.language, source).map_err(|e| e.to_string())?;
        let path = RepoPath::from(name.as_str());
        let analysis = engine.analyze_file(&path, &example.code, &module);
        Ok(analysis.findings.iter().any(|f| f.rule.as_str() == id))
    })
}

fn extension(example: &Example) -> &'static str {
    match example.language.as_str() {
        "python" => "py",
        "typescript" => "tsx",
        "java" => "java",
        "go" => "go",
        _ => "jsx",
    }
}
