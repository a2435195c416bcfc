//! A new scenario to fill in: it is proven as it stands, so that an author changes something that works.
//!
//! What it is, its id says by its beginning. For a Python server there is a small one made for it; other kinds begin as
//! a copy of a built-in exercise of that kind.

use std::path::{Path, PathBuf};

use super::LearnError;
use crate::format::ScenarioId;
use crate::scenario::builtin_files;
use crate::tree::Tree;

macro_rules! scaffold {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../scaffold/", $name)))),*] };
}

const FILES: &[(&str, &str)] = scaffold![
    "scenario.toml",
    "vulnerable/app.py",
    "fixes/reference/app.py",
    "distractors/strip-dots/app.py",
    "distractors/strip-dots/why.md",
    "distractors/basename-of-everything/app.py",
    "distractors/basename-of-everything/why.md",
    "tests/seed.py",
    "tests/functional.py",
    "tests/exploit.py",
    "spec/text.md",
    "learn/brief.md",
    "learn/hint1.md",
    "learn/hint2.md",
    "learn/hint3.md",
    "learn/debrief.md",
    "review/1.toml",
];

/// What ids begin with, and the exercise that a new one of the kind is a copy of; none where there is a scaffold.
const KINDS: &[(&str, Option<&str>)] = &[
    ("py", None),
    ("js", Some("js-cors-reflect")),
    ("java", Some("java-path-archive")),
    ("go", Some("go-html-noticeboard")),
    ("rust", Some("rust-sh-badge")),
    ("file", Some("file-mcp-config")),
    ("agent", Some("agent-prompt-secret")),
];

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scaffold {
    /// Where.
    pub folder: PathBuf,
    /// The exercise that it is a copy of.
    pub copy_of: Option<&'static str>,
}

/// What an id begins with, and the exercise that a new one of the kind is a copy of.
fn kind(id: &ScenarioId) -> Option<&'static (&'static str, Option<&'static str>)> {
    let kind = id.as_str().split_once('-').map(|(kind, _)| kind);
    KINDS.iter().find(|(known, _)| Some(*known) == kind)
}

/// What a scenario of this id was begun with; none for the exercise that others are a copy of.
pub(crate) fn template(id: &ScenarioId) -> Option<Tree> {
    match kind(id)? {
        (_, None) => Some(of_scaffold(id)),
        (_, Some(exercise)) if *exercise == id.as_str() => None,
        (_, Some(exercise)) => Some(copy(exercise, id)),
    }
}

/// Writes it below a folder of scenarios.
pub fn write(id: &ScenarioId, scenarios: &Path) -> Result<Scaffold, LearnError> {
    let Some((_, copy_of)) = kind(id) else {
        let known: Vec<String> = KINDS.iter().map(|(kind, _)| format!("{kind}-")).collect();
        return Err(LearnError::Cannot(format!(
            "`{id}` does not say what it is: an id begins with {}, as py-my-idea",
            known.join(", ")
        )));
    };
    let folder = scenarios.join(id.as_str());
    if folder.exists() {
        return Err(LearnError::Cannot(format!(
            "{} is there already",
            folder.display()
        )));
    }
    let tree = match copy_of {
        None => of_scaffold(id),
        Some(exercise) => copy(exercise, id),
    };
    std::fs::create_dir_all(&folder).map_err(LearnError::file(&folder))?;
    tree.write(&folder).map_err(LearnError::file(&folder))?;
    Ok(Scaffold {
        folder,
        copy_of: *copy_of,
    })
}

fn of_scaffold(id: &ScenarioId) -> Tree {
    FILES
        .iter()
        .map(|(name, text)| {
            (
                (*name).to_owned(),
                text.replace("SCENARIO-ID", id.as_str()).into_bytes(),
            )
        })
        .collect()
}

/// A built-in exercise under another id, in its first version and a step of no path.
fn copy(exercise: &str, id: &ScenarioId) -> Tree {
    let files = builtin_files(exercise);
    let copied = files.iter().map(|(name, content)| {
        let content = match std::str::from_utf8(content) {
            Err(_) => content.to_vec(),
            Ok(text) => {
                let text = text.replace(exercise, id.as_str());
                if name == "scenario.toml" {
                    afresh(&text).into_bytes()
                } else {
                    text.into_bytes()
                }
            }
        };
        (name.to_owned(), content)
    });
    copied.collect()
}

fn afresh(definition: &str) -> String {
    let is_key = |line: &str, key: &str| {
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let mut out = String::new();
    for line in definition.lines() {
        if is_key(line, "path") || is_key(line, "step") {
            continue;
        }
        out.push_str(if is_key(line, "version") {
            "version = 1"
        } else {
            line
        });
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Interface, Language};
    use crate::scenario::Catalogue;

    #[test]
    fn each_kind_begins_as_a_scenario_of_that_kind_that_can_be_read() {
        let place = tempfile::tempdir().unwrap();
        for (kind, _) in KINDS {
            let id = ScenarioId::new(&format!("{kind}-my-idea")).unwrap();
            let written = write(&id, place.path()).unwrap();
            assert!(written.folder.join("scenario.toml").is_file());
            assert!(write(&id, place.path()).is_err(), "never over another one");
        }
        let catalogue = Catalogue::read(place.path()).unwrap();
        let broken: Vec<String> = catalogue.broken().iter().map(ToString::to_string).collect();
        assert_eq!(broken, Vec::<String>::new());
        assert_eq!(catalogue.scenarios().len(), KINDS.len());
        for scenario in catalogue.scenarios() {
            let definition = &scenario.definition;
            let expected = match scenario.id.as_str().split('-').next().unwrap() {
                "py" => definition.language == Language::Python,
                "js" => definition.language == Language::JavaScript,

                "java" => definition.language == Language::Java,
                "go" => definition.language == Language::Go,
                "rust" => definition.language == Language::Rust,
                "file" => definition.interface == Interface::File,
                _ => definition.interface == Interface::Agent,
            };
            assert!(expected, "{}", scenario.id);
            assert_eq!((definition.version, &definition.path), (1, &None));
            let items = scenario.reviews.iter().map(|item| item.id.as_str());
            for item in items {
                assert!(item.starts_with(scenario.id.as_str()), "{item}");
            }
        }
    }

    #[test]
    fn an_id_that_does_not_say_what_it_is_is_refused() {
        let place = tempfile::tempdir().unwrap();
        for name in ["no-prefix", "plain", "cs-idea"] {
            let refused = write(&ScenarioId::new(name).unwrap(), place.path()).unwrap_err();
            assert!(
                refused.to_string().contains("begins with py-, js-"),
                "{refused}"
            );
        }
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
