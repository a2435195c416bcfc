//! Where agents keep their transcripts, and which directories are work trees of this repository.
//!
//! Links are not followed; depth and number of files are bounded; the order is that of the names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::repository::Repository;

/// Directories below a folder of transcripts.
const MAX_DEPTH: usize = 8;
/// Transcripts that are looked at, for each agent.
const MAX_FILES: usize = 20_000;

/// The form of a transcript.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Claude Code: one JSON message a line.
    Claude,
    /// Codex: one JSON item a line, edits as patches.
    Codex,
    /// Copilot CLI: one JSON event a line.
    Copilot,
    /// Gemini CLI: one JSON document.
    Gemini,
    /// aider: Markdown with search and replace blocks.
    Aider,
}

/// A transcript that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Transcript {
    pub(super) path: PathBuf,
    pub(super) form: Form,
    /// Where relative paths in it start, unless it says otherwise.
    pub(super) base: Option<PathBuf>,
}

/// Where the agents of one person keep what they keep: below their home directory, unless a setting of
/// the agent's own says otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentHomes {
    home: PathBuf,
    claude: PathBuf,
    codex: PathBuf,
    gemini: PathBuf,
}

impl AgentHomes {
    /// Everything below a home directory.
    #[must_use]
    pub fn below(home: &Path) -> Self {
        Self::of(home, |_| None)
    }

    /// With the variables by which agents are told to keep it elsewhere: `CLAUDE_CONFIG_DIR`,
    /// `CODEX_HOME` and `GEMINI_CLI_HOME`. As for the agents, an empty one is none.
    #[must_use]
    pub fn of(home: &Path, variable: impl Fn(&str) -> Option<PathBuf>) -> Self {
        let set = |name| variable(name).filter(|path| !path.as_os_str().is_empty());
        Self {
            home: home.to_owned(),
            claude: set("CLAUDE_CONFIG_DIR").unwrap_or_else(|| home.join(".claude")),
            codex: set("CODEX_HOME").unwrap_or_else(|| home.join(".codex")),
            gemini: set("GEMINI_CLI_HOME")
                .unwrap_or_else(|| home.to_owned())
                .join(".gemini"),
        }
    }
}

/// Stores of transcripts that are there and have no reader yet, as people call them.
pub(super) fn unread(homes: &AgentHomes, work_trees: &[PathBuf]) -> Vec<&'static str> {
    let below_home = [
        (
            ".windsurf/transcripts",
            "Windsurf (`~/.windsurf/transcripts`)",
        ),
        (".pi/agent/sessions", "Pi (`~/.pi/agent/sessions`)"),
        (
            ".local/share/opencode",
            "OpenCode (`~/.local/share/opencode`)",
        ),
    ];
    let mut found: Vec<&str> = below_home
        .into_iter()
        .filter(|(folder, _)| homes.home.join(folder).is_dir())
        .map(|(_, name)| name)
        .collect();
    if work_trees
        .iter()
        .any(|root| root.join(".specstory/history").is_dir())
    {
        found.push("SpecStory (`.specstory/history`)");
    }
    found
}

/// All transcripts of known agents: below a home directory, and aider's in the work trees.
pub(super) fn transcripts(homes: &AgentHomes, work_trees: &[PathBuf]) -> Vec<Transcript> {
    let folders = [
        (homes.claude.join("projects"), Form::Claude, "jsonl"),
        (homes.codex.join("sessions"), Form::Codex, "jsonl"),
        (
            homes.home.join(".copilot/session-state"),
            Form::Copilot,
            "jsonl",
        ),
        (homes.gemini.join("tmp"), Form::Gemini, "json"),
    ];
    let mut found = Vec::new();
    for (folder, form, extension) in folders {
        let mut paths = Vec::new();
        list(&folder, extension, &mut paths);
        found.extend(paths.into_iter().map(|path| Transcript {
            path,
            form,
            base: None,
        }));
    }
    for work_tree in work_trees {
        let path = work_tree.join(".aider.chat.history.md");
        if fs::symlink_metadata(&path).is_ok_and(|m| m.is_file()) {
            found.push(Transcript {
                path,
                form: Form::Aider,
                base: Some(work_tree.clone()),
            });
        }
    }
    found
}

fn list(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let mut todo = vec![(folder.to_owned(), 0)];
    while let Some((directory, depth)) = todo.pop() {
        let Ok(entries) = fs::read_dir(&directory) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let path = entry.path();
            if kind.is_dir() && depth < MAX_DEPTH {
                todo.push((path, depth + 1));
            } else if kind.is_file() && path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort_unstable();
    found.truncate(MAX_FILES);
}

/// The work trees of a repository: the one it was opened in first, then the main and linked ones.
pub(super) fn work_trees(repo: &Repository) -> Vec<PathBuf> {
    let local = repo.local();
    let mut roots: Vec<PathBuf> = local.workdir().map(Path::to_owned).into_iter().collect();
    if let Ok(main) = local.main_repo() {
        roots.extend(main.workdir().map(Path::to_owned));
    }
    for linked in local.worktrees().unwrap_or_default() {
        roots.extend(linked.base());
    }
    let mut known: Vec<PathBuf> = Vec::new();
    for root in roots {
        // A transcript may name the directory by either of its names.
        for name in [root.canonicalize().ok(), Some(root)].into_iter().flatten() {
            if name.is_absolute() && !known.contains(&name) {
                known.push(name);
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_own_setting_says_where_it_keeps_its_transcripts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for file in [
            "home/.claude/projects/x/old.jsonl",
            "home/.codex/sessions/2026/a.jsonl",
            "claude/projects/x/new.jsonl",
            "gemini/.gemini/tmp/b.json",
        ] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let home = root.join("home");
        let names = |homes: &AgentHomes| -> Vec<String> {
            let found = transcripts(homes, &[]).into_iter();
            let name = |t: Transcript| t.path.file_name().unwrap().to_string_lossy().into_owned();
            found.map(name).collect()
        };
        assert_eq!(names(&AgentHomes::below(&home)), ["old.jsonl", "a.jsonl"]);
        let moved = AgentHomes::of(&home, |name| match name {
            "CLAUDE_CONFIG_DIR" => Some(root.join("claude")),
            "GEMINI_CLI_HOME" => Some(root.join("gemini")),
            "CODEX_HOME" => Some(PathBuf::new()),
            _ => None,
        });
        assert_eq!(names(&moved), ["new.jsonl", "a.jsonl", "b.json"]);
    }

    #[test]
    fn stores_without_a_reader_are_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let homes = AgentHomes::below(folder.path());
        let work_trees = [folder.path().join("app")];
        assert!(unread(&homes, &work_trees).is_empty());
        for store in [".pi/agent/sessions", "app/.specstory/history"] {
            fs::create_dir_all(folder.path().join(store)).unwrap();
        }
        let told = unread(&homes, &work_trees);
        assert_eq!(told.len(), 2);
        assert!(told[0].starts_with("Pi") && told[1].starts_with("SpecStory"));
    }
}
