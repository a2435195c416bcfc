//! The folder that an exercise is worked on in: made by `start`, read by `check`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use trueline_facts::ToolId;
use trueline_facts::exercise::{MARKER, MOST_WITNESSES, Marker, WITNESSES, Witness};

use super::LearnError;
use crate::scenario::{Scenario, ScenarioError};
use crate::tree::{Tree, TreeError, read_plain};

/// Larger files are no answers.
const LARGEST_FILE: u64 = 1 << 20;

/// The marker of a folder or of one that it lies in, and that folder; none where there is no marker. One that cannot
/// be read is an error: whoever stands in an exercise means that one, and no other.
pub fn around(folder: &Path) -> Result<Option<(PathBuf, Marker)>, LearnError> {
    let Ok(folder) = folder.canonicalize() else {
        return Ok(None);
    };
    let exercise = folder
        .ancestors()
        .find(|folder| fs::symlink_metadata(folder.join(MARKER)).is_ok());
    let Some(folder) = exercise else {
        return Ok(None);
    };
    match marker(&folder.join(MARKER)) {
        Ok(marker) => Ok(Some((folder.to_owned(), marker))),
        Err(why) => Err(LearnError::Cannot(format!(
            "{} cannot be read ({why}), and it says which exercise this folder is. `trueline learn start ID --dir OTHER` makes a fresh folder: copy your files there, or its {MARKER} here",
            folder.join(MARKER).display()
        ))),
    }
}

fn marker(file: &Path) -> Result<Marker, String> {
    let text = read_plain(file, 1 << 16).map_err(|error| match error {
        TreeError::Unreadable { source, .. } => source.kind().to_string(),
        TreeError::Special { what, .. } => format!("it is {what}"),
        TreeError::TooLarge { .. } => "it is too large".to_owned(),
    })?;
    let text = String::from_utf8(text).map_err(|_| "it is no text".to_owned())?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let head = error.span().and_then(|span| text.get(..span.start));
        let line = 1 + head.unwrap_or_default().matches('\n').count();
        // Its longer form draws the line, over several ones.
        format!("line {line}: {}", error.message())
    })
}

/// The tools that agents' hooks saw write a file of the exercise, in the order of their names. What cannot be
/// read is no witness.
#[must_use]
pub fn agents(folder: &Path) -> BTreeSet<ToolId> {
    let Ok(text) = read_plain(&folder.join(WITNESSES), 2 * MOST_WITNESSES) else {
        return BTreeSet::new();
    };
    text.split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Witness>(line).ok())
        .map(|witness| witness.tool)
        .collect()
}

/// Makes the folder. What is there already is never overwritten.
pub fn start(
    scenario: &Scenario,
    folder: &Path,
    scenarios: Option<&Path>,
) -> Result<(), LearnError> {
    if folder.exists()
        && fs::read_dir(folder)
            .map_err(LearnError::file(folder))?
            .next()
            .is_some()
    {
        return Err(LearnError::Cannot(format!(
            "{} is there already; go on in it (`trueline learn watch {}`), or begin afresh in another folder with --dir",
            folder.display(),
            folder.display()
        )));
    }
    fs::create_dir_all(folder).map_err(LearnError::file(folder))?;
    let mut tree = scenario.vulnerable();
    let scenarios = scenarios.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
    let marker = Marker {
        scenario: scenario.id.as_str().to_owned(),
        version: scenario.definition.version,
        files: scenario.definition.editable.clone(),
        scenarios,
    };
    let marker = toml::to_string(&marker).map_err(|error| LearnError::Cannot(error.to_string()))?;
    tree.insert(MARKER, marker);
    // An exercise about rules files brings its own.
    let coach = coach(scenario);
    for (name, text) in [
        // A weakness made for practice is none of the repository around it.
        (".gitignore", "*\n".to_owned()),
        ("BRIEF.md", titled(scenario)),
        ("AGENTS.md", coach.clone()),
        ("CLAUDE.md", coach),
    ] {
        if tree.get(name).is_none() {
            tree.insert(name, text);
        }
    }
    tree.write(folder).map_err(LearnError::file(folder))
}

/// The brief, which as a file of its own begins with what it is about.
fn titled(scenario: &Scenario) -> String {
    let brief = scenario.text("brief").unwrap_or_default();
    if brief.starts_with("# ") {
        return brief;
    }
    format!("# {}\n\n{brief}", scenario.definition.title)
}

/// The files that are taken back, and nothing else.
pub fn answer(scenario: &Scenario, folder: &Path) -> Result<Tree, LearnError> {
    let mut tree = Tree::default();
    for path in &scenario.definition.editable {
        let file = folder.join(path);
        if fs::symlink_metadata(&file).is_ok() {
            // A link among its folders leads out of the exercise.
            for parent in file
                .ancestors()
                .skip(1)
                .take_while(|parent| *parent != folder)
            {
                if fs::symlink_metadata(parent).is_ok_and(|meta| meta.is_symlink()) {
                    return Err(LearnError::Cannot(format!(
                        "{} is a link; an answer holds plain files",
                        parent.display()
                    )));
                }
            }
            let content = read_plain(&file, LARGEST_FILE).map_err(|error| match error {
                TreeError::TooLarge { path, .. } => TreeError::TooLarge { path, what: "1 MB" },
                other => other,
            })?;
            tree.insert(path.clone(), content);
        }
    }
    if tree.is_empty() {
        return Err(LearnError::Cannot(format!(
            "{}: none of {} is there; `trueline learn start {} --dir OTHER` gives fresh ones",
            folder.display(),
            scenario.definition.editable.join(", "),
            scenario.id
        )));
    }
    Ok(tree)
}

/// What is told to an assistant that works in the folder: coach, do not solve.
fn coach(scenario: &Scenario) -> String {
    format!(
        "# How to help here\n\n\
         This folder is an exercise (\"{title}\"). The person in front of it wants to learn to see and mend a weakness\n\
         by themselves. Please be their coach:\n\n\
         - Do not edit {files} and do not write the fix, not even a part of it.\n\
         - Ask what they think the code does with input that somebody crafted, before you say anything.\n\
         - When they are stuck, ask one question that points at the next thing to look at, or explain the idea with an\n  \
         example from another program.\n\
         - Tell them what the tests print means. `trueline learn check` says what works and which exploit still\n  \
         succeeds; `trueline learn hint` gives the next hint.\n\
         - When it is fixed, ask them to say in one sentence why the exploit fails now.\n\n\
         If they ask you to solve it all the same, do so: it is theirs to decide. `trueline learn check --aid assisted`\n\
         records that, and so do your hooks, if Trueline's are installed; both ways train something.\n",
        title = scenario.definition.title,
        files = scenario.definition.editable.join(", "),
    )
}

/// The catalogue's error for a folder that is none.
#[must_use]
pub fn no_exercise(folder: &Path) -> LearnError {
    LearnError::Cannot(format!(
        "{} is no exercise; `trueline learn next` proposes one, `trueline learn start ID` begins it",
        folder.display()
    ))
}

impl From<crate::format::Malformed> for LearnError {
    fn from(error: crate::format::Malformed) -> Self {
        Self::Scenario(ScenarioError::Malformed(error))
    }
}
