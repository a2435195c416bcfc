//! What is in a tree, as far as names of files tell: languages, AI tools, the forge, hooks.
//!
//! Nothing is opened but ignore files and git's own configuration, for the remote's address. Links are
//! not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::Path;

use ignore::WalkBuilder;
use trueline_agents::Kind;
use trueline_authorship::{files, tools};
use trueline_capture::ignored::IgnoreFiles;
use trueline_facts::{Confidence, RepoPath, ToolId};

/// Files that are looked at by name; a larger tree is known from its first ones.
const MOST_FILES: usize = 100_000;
/// Files that steer agents and are named.
const MOST_STEERING: usize = 12;
/// Of git's configuration.
const MOST_CONFIG: u64 = 1 << 16;

/// Where a repository is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Forge {
    GitHub,
    GitLab,
}

/// What is there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Around {
    /// Languages that are analysed, by their number of files, most first.
    pub(super) languages: Vec<(&'static str, usize)>,
    /// AI tools that left files.
    pub(super) tools: BTreeSet<ToolId>,
    /// The forge, where it can be told.
    pub(super) forge: Option<Forge>,
    /// Files that steer agents: rules, servers, hooks, permissions; the first few.
    pub(super) steering: Vec<String>,
}

/// Looks around a tree.
pub(super) fn look(root: &Path) -> Around {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    let mut steering = Vec::new();
    let ignores = IgnoreFiles::of(root);
    let walk = WalkBuilder::new(root)
        // It would open whatever has the name of an ignore file, to the end.
        .standard_filters(false)
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            entry.file_name() != ".git" && ignores.told(entry.path(), is_folder) != Some(true)
        })
        .build();
    let files = walk
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    for entry in files.take(MOST_FILES) {
        let Ok(path) = entry.path().strip_prefix(root) else {
            continue;
        };
        if let Some(language) = path.extension().and_then(|e| e.to_str()).and_then(language) {
            *counts.entry(language).or_default() += 1;
        }
        let path = path.to_string_lossy().replace('\\', "/");
        if steering.len() < MOST_STEERING && steers(&path) {
            steering.push(path.clone());
        }
        let signs = files::path_signs(path.as_bytes());
        // Names that are common words too show nothing by themselves.
        let sure = signs
            .into_iter()
            .filter(|sign| sign.confidence > Confidence::Low);
        found.extend(
            sure.map(|sign| sign.tool)
                .filter(|tool| tool.as_str() != tools::UNSPECIFIED),
        );
    }
    let mut languages: Vec<_> = counts.into_iter().collect();
    languages.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    Around {
        languages,
        tools: found,
        forge: forge(root),
        steering: {
            steering.sort();
            steering
        },
    }
}

/// Is it read by agents before they act?
fn steers(path: &str) -> bool {
    let kind = trueline_agents::kind(&RepoPath::from(path));
    matches!(
        kind,
        Some(Kind::Instructions | Kind::Skill | Kind::Settings(_) | Kind::Tasks | Kind::EnvRc)
    )
}

fn language(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "py" | "pyi" => "Python",
        "js" | "mjs" | "cjs" | "jsx" => "JavaScript",
        "ts" | "mts" | "cts" | "tsx" => "TypeScript",
        "vue" => "Vue",
        "svelte" => "Svelte",
        "go" => "Go",
        "java" => "Java",
        _ => return None,
    })
}

/// By the files that a forge reads, else by the address of a remote.
fn forge(root: &Path) -> Option<Forge> {
    if root.join(".gitlab-ci.yml").exists() {
        return Some(Forge::GitLab);
    }
    if root.join(".github").is_dir() {
        return Some(Forge::GitHub);
    }
    let mut text = String::new();
    let config = fs::File::open(root.join(".git/config")).ok()?;
    config.take(MOST_CONFIG).read_to_string(&mut text).ok()?;
    let address = text
        .lines()
        .map(str::trim)
        .find_map(|line| line.strip_prefix("url"))?;
    if address.contains("github.com") {
        Some(Forge::GitHub)
    } else if address.contains("gitlab") {
        Some(Forge::GitLab)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_tools_and_the_forge_are_told_from_names() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(look(folder.path()), Around::default());
        write("a.py", "");
        write("b.py", "");
        write("c.go", "");
        write("README.md", "");
        write("CLAUDE.md", "");
        write("generated/x.ts", "");
        write(".gitignore", "generated/\n");
        write(
            ".git/config",
            "[remote \"origin\"]\n\turl = git@gitlab.example.org:a/b.git\n",
        );
        let around = look(folder.path());
        assert_eq!(around.languages, [("Python", 2), ("Go", 1)]);
        assert_eq!(around.tools, BTreeSet::from([ToolId::new("claude")]));
        assert_eq!(around.forge, Some(Forge::GitLab));
        assert_eq!(around.steering, ["CLAUDE.md"]);
        write(".github/dependabot.yml", "");
        assert_eq!(look(folder.path()).forge, Some(Forge::GitHub));
    }
}
