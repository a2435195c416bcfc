//! A new scenario to fill in: it is proven as it stands, so that an author changes something that works.

use std::path::Path;

use super::LearnError;
use crate::format::ScenarioId;
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

/// Writes it below a folder of scenarios.
pub fn write(id: &ScenarioId, scenarios: &Path) -> Result<std::path::PathBuf, LearnError> {
    let folder = scenarios.join(id.as_str());
    if folder.exists() {
        return Err(LearnError::Cannot(format!(
            "{} is there already",
            folder.display()
        )));
    }
    let tree: Tree = FILES
        .iter()
        .map(|(name, text)| {
            (
                (*name).to_owned(),
                text.replace("SCENARIO-ID", id.as_str()).into_bytes(),
            )
        })
        .collect();
    std::fs::create_dir_all(&folder).map_err(LearnError::file(&folder))?;
    tree.write(&folder).map_err(LearnError::file(&folder))?;
    Ok(folder)
}
