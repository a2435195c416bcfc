//! `trueline init`: a policy file with everything it can say, a job and a hook that observe, and the section of agents'
//! rules files.
//!
//! A plan is made first, from a scan of the tree; writing it is another step. What stands outside of the markers of a
//! section stays as it is, byte for byte, and the same tree gives the same plan.

mod around;
mod guide;
mod setup;
mod write;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;
use trueline_facts::RepoPath;
use trueline_scan::section::{self, BrokenSection};
use trueline_scan::{
    Changed, Checks, ReadingOptions, ScanError, ScanRequest, Scanner, Silent, Tiers,
};

use crate::arguments;

/// The files that tools read, in the order in which they are named.
const RULES_FILES: [&str; 3] = ["AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md"];
/// Larger files are no rules files.
const MAX_BYTES: u64 = 1 << 20;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct InitRequest {
    /// A path in the tree.
    pub path: PathBuf,
    /// Write the section of rules files?
    pub agents: bool,
    /// Write a job of the pipeline and a hook, where there are none?
    pub setup: Setup,
    /// What the hooks are.
    pub hooks: Hooks,
    /// The program that hooks run where none is on the path.
    pub program: PathBuf,
    /// The rules files, relative to the root; if none are named, those of the usual ones that are there.
    pub files: Vec<String>,
    /// How the tree is read.
    pub reading: ReadingOptions,
}

/// Whether a repository gets more than its policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setup {
    /// A job of the pipeline and a hook, where there are none.
    Full,
    /// The policy alone.
    PolicyOnly,
}

/// Which hooks a repository gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hooks {
    /// Git's own, in this clone alone.
    Git,
    /// A file for <https://pre-commit.com>, for everybody.
    PreCommit,
}

/// What would be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The root of the tree.
    pub root: PathBuf,
    /// Files that change or come to be, in order.
    pub files: Vec<PlannedFile>,
    /// Hooks of git's in this clone.
    pub hooks: trueline_capture::install::Plan,
    /// What is left as it is, and why, a sentence each.
    pub notes: Vec<String>,
}

impl Plan {
    /// Is there anything to write?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.hooks.is_empty()
    }
}

/// A file before and after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedFile {
    /// The file.
    pub path: RepoPath,
    /// Its text; absent if it is not there.
    pub before: Option<String>,
    /// Its text afterwards.
    pub after: String,
}

/// Why there is no plan, or why it was not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InitError {
    /// The tree cannot be scanned.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// A file was named that cannot be used.
    #[error("--file {file}: {why}")]
    File {
        /// As given.
        file: String,
        /// Why, and what to do.
        why: String,
    },
    /// A file cannot be read.
    #[error("{path}: {why}")]
    Unreadable {
        /// The file.
        path: RepoPath,
        /// Why.
        why: String,
    },
    /// The markers of a section are not as they were written.
    #[error("{path}: {source}; take the markers out, or mend them, and try again")]
    Broken {
        /// The file.
        path: RepoPath,
        /// What is wrong.
        source: BrokenSection,
    },
    /// A file could not be written.
    #[error("{path} was not written: {source}")]
    NotWritten {
        /// The file.
        path: RepoPath,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Git's hooks cannot be read or written.
    #[error(transparent)]
    Hooks(#[from] trueline_capture::install::InstallError),
    /// The scan was interrupted: a plan of a part of the tree would forget the rest.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

/// Makes a plan; nothing is written.
pub fn plan(request: &InitRequest, interrupt: &AtomicBool) -> Result<Plan, InitError> {
    let root = trueline_scan::root(&request.path)?;
    let mut plan = Plan {
        root,
        files: Vec::new(),
        hooks: trueline_capture::install::Plan::default(),
        notes: Vec::new(),
    };
    let around = around::look(&plan.root);
    let policy = RepoPath::from("trueline.toml");
    match write::look(&plan.root, &policy) {
        write::There::Nothing => plan.files.push(PlannedFile {
            path: policy,
            before: None,
            after: setup::policy(include_str!("trueline.toml"), &around),
        }),
        write::There::File | write::There::Other => plan
            .notes
            .push("trueline.toml is there: it stays as it is".to_owned()),
    }
    if request.setup == Setup::Full {
        setup::plan(&mut plan, &around, request)?;
    }
    if !request.agents {
        return Ok(plan);
    }
    let mut chosen = choose(request, &mut plan)?;
    let mut scanner = Scanner::new(ScanRequest {
        path: plan.root.clone(),
        checks: Checks::All,
        tiers: Tiers::Shown,
        diff: None,
        baseline: None,
        imports: Vec::new(),
        code_view: false,
        line_hashes: false,
        reading: request.reading.clone(),
    })?;
    let report = scanner.scan(Changed::Anything, &Silent, interrupt)?.report;
    if interrupt.load(Ordering::SeqCst) {
        return Err(InitError::Interrupted);
    }
    let mut known: BTreeSet<String> = BTreeSet::new();
    for file in &chosen {
        let text = file.before.as_deref().unwrap_or_default();
        let section = section::find(text).map_err(|source| InitError::Broken {
            path: file.path.clone(),
            source,
        })?;
        let body = section.and_then(|section| text.get(section.body));
        let rules = section::points(body.unwrap_or_default()).filter_map(section::rule_of);
        known.extend(rules.map(str::to_owned));
    }
    let body = guide::body(&scanner, &report, &known)?;
    for file in &mut chosen {
        file.after = with_section(file.before.as_deref().unwrap_or_default(), &body);
    }
    let (changed, same): (Vec<PlannedFile>, Vec<PlannedFile>) = chosen
        .into_iter()
        .partition(|file| file.before.as_ref() != Some(&file.after));
    plan.files.extend(changed);
    plan.notes.extend(
        same.iter()
            .map(|file| format!("{} is up to date", file.path)),
    );
    Ok(plan)
}

/// Writes a plan: each file whole or not at all, never through a link.
pub fn apply(plan: &Plan) -> Result<(), InitError> {
    for file in &plan.files {
        write::write(&plan.root, file).map_err(|source| InitError::NotWritten {
            path: file.path.clone(),
            source,
        })?;
    }
    Ok(trueline_capture::install::gate::apply(&plan.hooks)?)
}

/// The rules files that get a section, as they are now.
fn choose(request: &InitRequest, plan: &mut Plan) -> Result<Vec<PlannedFile>, InitError> {
    let mut chosen: Vec<PlannedFile> = Vec::new();
    for given in &request.files {
        let wrong = |why: String| InitError::File {
            file: given.clone(),
            why,
        };
        let path = arguments::path("file", &plan.root, given).map_err(|e| wrong(e.to_string()))?;
        if path.as_bytes().is_empty() || write::look(&plan.root, &path) == write::There::Other {
            return Err(wrong("it is no regular file; name one".to_owned()));
        }
        if chosen.iter().all(|file| file.path != path) {
            chosen.push(read(plan, path)?);
        }
    }
    if !request.files.is_empty() {
        return Ok(chosen);
    }
    for name in RULES_FILES {
        let path = RepoPath::from(name);
        match write::look(&plan.root, &path) {
            write::There::File => chosen.push(read(plan, path)?),
            write::There::Other => plan
                .notes
                .push(format!("{name} is a link or a folder: it stays as it is")),
            write::There::Nothing => {}
        }
    }
    // Who reads a file that takes another in reads both.
    let has_agents = chosen
        .iter()
        .any(|file| file.path == RepoPath::from(RULES_FILES[0]));
    if has_agents {
        chosen.retain(|file| {
            let text = file.before.as_deref().unwrap_or_default();
            let takes_in = text.lines().any(|line| line.trim() == "@AGENTS.md")
                && !matches!(section::find(text), Ok(Some(_)));
            if takes_in {
                plan.notes.push(format!(
                    "{} takes AGENTS.md in: it stays as it is",
                    file.path
                ));
            }
            !takes_in
        });
    }
    if chosen.is_empty() {
        chosen.push(PlannedFile {
            path: RepoPath::from(RULES_FILES[0]),
            before: None,
            after: String::new(),
        });
    }
    Ok(chosen)
}

fn read(plan: &Plan, path: RepoPath) -> Result<PlannedFile, InitError> {
    let before =
        write::read(&plan.root, &path, MAX_BYTES).map_err(|why| InitError::Unreadable {
            path: path.clone(),
            why,
        })?;
    Ok(PlannedFile {
        path,
        before,
        after: String::new(),
    })
}

/// A text with the section in the place of its old one, or at its end.
fn with_section(text: &str, body: &str) -> String {
    let line_end = match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    };
    let rendered = section::render(body, line_end);
    if let Ok(Some(section)) = section::find(text) {
        let mut rendered = rendered.as_str();
        // A file that ended without a line end still does.
        if section.range.end == text.len() && !text.ends_with('\n') {
            rendered = rendered.trim_end_matches(['\r', '\n']);
        }
        let (before, after) = (&text[..section.range.start], &text[section.range.end..]);
        return format!("{before}{rendered}{after}");
    }
    let mut out = text.to_owned();
    if !out.is_empty() {
        if !out.ends_with('\n') {
            out.push_str(line_end);
        }
        out.push_str(line_end);
    }
    out.push_str(&rendered);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_of_the_section_stays() {
        for text in [
            "",
            "# Rules\n\nBe kind.\n",
            "# Rules\r\n\r\nBe kind.",
            "\u{feff}# é\n",
        ] {
            let first = with_section(text, "## A\n\n- `x`: y\n");
            assert!(first.starts_with(text), "{text:?}");
            let more = format!("{first}\nMore, \u{200b}odd   \n");
            let second = with_section(&more, "## B\n");
            assert!(second.starts_with(text) && second.ends_with("\nMore, \u{200b}odd   \n"));
            assert_eq!(with_section(&second, "## A\n\n- `x`: y\n"), more);
            assert_eq!(with_section(&first, "## A\n\n- `x`: y\n"), first);
        }
    }

    #[test]
    fn a_section_at_the_end_of_a_file_without_a_line_end_keeps_it_so() {
        let text = with_section("# Rules\n", "a\n");
        let bare = text.trim_end();
        assert_eq!(with_section(bare, "a\n"), bare);
    }

    #[test]
    fn the_policy_that_is_written_is_valid_and_so_is_all_that_it_shows() {
        let seen = around::Around {
            languages: vec![("Python", 3)],
            tools: ["claude", "cursor"].map(trueline_facts::ToolId::new).into(),
            forge: None,
            steering: Vec::new(),
        };
        let text = setup::policy(include_str!("trueline.toml"), &seen);
        let text = text.as_str();
        assert!(text.contains("# Seen here, by files: Python (3).\nschema = 1\n"));
        assert!(text.contains("#:approved = [\"claude\", \"cursor\"]\n"));
        let path = std::path::Path::new("trueline.toml");
        let config = trueline_scan::config::Config::parse(text, path).unwrap();
        assert_eq!(config, trueline_scan::config::Config::default());
        let shown = text.replace("#:", "");
        let config = trueline_scan::config::Config::parse(&shown, path).unwrap();
        assert!(config.approved_tools.is_some() && !config.exclude.is_empty());
        assert!(config.models.licences.is_some() && config.models.model_card);
        assert_eq!(config.teams.len(), 1);
    }
}
