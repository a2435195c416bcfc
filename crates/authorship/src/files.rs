//! Files that show AI tools: by their path, and a few by what they say (ignore files, recommended
//! extensions, CI jobs, dependency manifests).
//!
//! Tables: `data/files.toml`, `data/libraries.toml`. Signs name tools; values of variables, headers
//! and tokens are never copied out of a file.

mod ci;
mod content;
pub(crate) mod glob;
mod manifest;

use std::sync::LazyLock;

use serde::Deserialize;
use trueline_facts::shadow::SignalKind;
use trueline_facts::{Confidence, ToolId};

use glob::Patterns;

use crate::tools;

pub(crate) use manifest::SOURCE as LIBRARIES;

pub use content::content_signs;

/// What the path of a file shows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PathSign {
    /// The tool; `unspecified` for files that several tools read.
    pub tool: ToolId,
    /// Set up, or used.
    pub kind: SignalKind,
    /// How sure the name alone is; `low` for names that are common words too.
    pub confidence: Confidence,
}

/// What the content of a file shows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ContentSign {
    /// The tool or library.
    pub tool: ToolId,
    /// How it shows.
    pub kind: SignalKind,
    /// What in the file shows it: an ignore line, an extension id, an action, a package name.
    pub detail: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Table {
    file: Vec<FileRow>,
    ignored: Vec<IgnoredRow>,
    extension: Vec<ExtensionRow>,
    ci: Vec<CiRow>,
    key: Vec<KeyRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRow {
    tool: Box<str>,
    kind: SignalKind,
    #[serde(default = "high")]
    confidence: Confidence,
    #[serde(default = "yes")]
    steers: bool,
    paths: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    counterexamples: Vec<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IgnoredRow {
    stem: Box<str>,
    tool: Box<str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtensionRow {
    tool: Box<str>,
    ids: Vec<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CiRow {
    tool: Box<str>,
    uses: Vec<Box<str>>,
    runs: Vec<Box<str>>,
    /// Programs that act as an agent when they are run with a task.
    #[serde(default)]
    commands: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    counterexamples: Vec<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyRow {
    tool: Box<str>,
    names: Vec<Box<str>>,
}

const fn high() -> Confidence {
    Confidence::High
}

const fn yes() -> bool {
    true
}

pub(crate) const SOURCE: &str = include_str!("../data/files.toml");

struct Files {
    table: Table,
    patterns: Patterns,
}

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let table: Table = crate::table::embedded(SOURCE);
    let rows = table.file.iter().enumerate();
    let patterns =
        Patterns::new(rows.flat_map(|(ix, row)| row.paths.iter().map(move |path| (&**path, ix))));
    Files { table, patterns }
});

fn rows(path: &[u8]) -> impl Iterator<Item = &'static FileRow> {
    FILES
        .patterns
        .rows(path)
        .filter_map(|ix| FILES.table.file.get(ix))
}

/// The tools that the path of a file shows, ascending, each once. Empty for almost every file. A file
/// in one tool's folder is that tool's, even if others could read it; what use of a tool left there is
/// no setting of it.
#[must_use]
pub fn path_signs(path: &[u8]) -> Vec<PathSign> {
    let mut signs: Vec<PathSign> = rows(path)
        .map(|row| PathSign {
            tool: ToolId::new(row.tool.clone()),
            kind: row.kind,
            confidence: row.confidence,
        })
        .collect();
    signs.sort_unstable();
    signs.dedup();
    let is_named = |sign: &PathSign| sign.tool.as_str() != tools::UNSPECIFIED;
    if signs.iter().any(is_named) {
        signs.retain(is_named);
    }
    let used: Vec<ToolId> = signs
        .iter()
        .filter(|sign| sign.kind == SignalKind::Residue)
        .map(|sign| sign.tool.clone())
        .collect();
    signs.retain(|sign| sign.kind == SignalKind::Residue || !used.contains(&sign.tool));
    signs
}

/// Whether a file tells an agent what to do, by its path: instructions, rules, hooks, tools.
#[must_use]
pub fn is_agent_configuration(path: &[u8]) -> bool {
    rows(path).any(|row| row.kind == SignalKind::Configuration && row.steers)
}

/// Whether a file describes what CI runs. It runs even if a program wrote it.
#[must_use]
pub fn is_ci_definition(path: &[u8]) -> bool {
    content::reader(path) == Some(content::Reader::Ci)
}

/// Whether [`content_signs`] would look into this file at all.
#[must_use]
pub fn content_interesting(path: &[u8]) -> bool {
    content::reader(path).is_some()
}

#[cfg(test)]
mod tests;
