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

/// All transcripts of known agents: below a home directory, and aider's in the work trees.
pub(super) fn transcripts(home: &Path, work_trees: &[PathBuf]) -> Vec<Transcript> {
    let folders = [
        (".claude/projects", Form::Claude, "jsonl"),
        (".codex/sessions", Form::Codex, "jsonl"),
        (".copilot/session-state", Form::Copilot, "jsonl"),
        (".gemini/tmp", Form::Gemini, "json"),
    ];
    let mut found = Vec::new();
    for (folder, form, extension) in folders {
        let mut paths = Vec::new();
        list(&home.join(folder), extension, &mut paths);
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
