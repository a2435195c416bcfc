//! What steers agents: which files of a tree are read for it, and where the findings go.
//!
//! Sources are read only where a path or a manifest says that they have to do with MCP, or where no manifest could say it:
//! a tree without agents costs a look at its paths.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::ByteSlice;
use trueline_agents::{
    AgentFile, Kind, Lock, Outcome, check, imports_mcp, in_skill, kind, names_mcp, section,
    skill_folders, skill_part, source_language, speaks_of_mcp,
};
use trueline_facts::{CommitId, Diagnostic, Finding, Level, RepoPath, Tier};
use trueline_sarif::RuleText;

use crate::check::{Checked, CheckedFile, Contents, Tiers};
use crate::place::Place;
use crate::source::Scope;
use crate::suppress;

/// Sources without a manifest that are read to see whether they are servers.
const MOST_LONE_SOURCES: usize = 500;
/// Larger files are no instructions and no hand-written servers.
const MAX_BYTES: usize = 1 << 20;
/// First bytes that tell what a file is.
const HEAD: usize = 64;

/// A file that was read.
struct Read {
    path: RepoPath,
    kind: Kind,
    text: String,
    head: Vec<u8>,
}

/// Checks the files among those of a tree, and puts what is wrong beside the other findings. Gives back the digests of
/// servers and tools.
pub(crate) fn add(
    checked: &mut Checked,
    contents: &dyn Contents,
    paths: &[RepoPath],
    tiers: Tiers,
    interrupt: &AtomicBool,
) -> Lock {
    let read = read(contents, paths, interrupt, &mut checked.diagnostics);
    let files: Vec<AgentFile<'_>> = read
        .iter()
        .map(|file| AgentFile {
            path: &file.path,
            kind: file.kind,
            text: &file.text,
            head: &file.head,
        })
        .collect();
    let outcome = catch_unwind(AssertUnwindSafe(|| check(&files))).unwrap_or_else(|_| Outcome {
        diagnostics: vec![Diagnostic::new(
            Level::Error,
            "agents-check-failed",
            "the check of agent configuration failed; please report it with the files, if you may",
        )],
        ..Outcome::default()
    });
    checked.diagnostics.extend(outcome.diagnostics);
    checked.coverage.agent_files = read.len() as u64;
    for file in read.iter().filter(|f| is_shown_as_text(f.kind)) {
        let comments = suppress::comments(&file.text);
        if !comments.is_empty() {
            let slot = slot(checked, &file.path);
            // A source brings its own.
            if slot.comments.is_empty() {
                slot.comments = comments;
            }
        }
    }
    for finding in outcome.findings {
        put(checked, finding, tiers);
    }
    outcome.seen
}

fn is_shown_as_text(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::SkillBinary | Kind::Source(_) | Kind::Manifest | Kind::Lock
    )
}

fn put(checked: &mut Checked, finding: Finding, tiers: Tiers) {
    let shown = tiers == Tiers::All || finding.tier == Tier::Shown;
    let file = slot(checked, &finding.location.path);
    if shown {
        file.findings.push(finding);
    } else {
        file.hidden.push(finding);
    }
}

/// The place of a file among the checked ones.
fn slot<'c>(checked: &'c mut Checked, path: &RepoPath) -> &'c mut CheckedFile {
    let at = match checked.files.binary_search_by(|f| f.path.cmp(path)) {
        Ok(at) => at,
        Err(at) => {
            checked.files.insert(
                at,
                CheckedFile {
                    path: path.clone(),
                    findings: Vec::new(),
                    hidden: Vec::new(),
                    sites: Vec::new(),
                    comments: Vec::new(),
                },
            );
            at
        }
    };
    &mut checked.files[at]
}

/// The files that matter, with their kinds.
fn read(
    contents: &dyn Contents,
    paths: &[RepoPath],
    interrupt: &AtomicBool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Read> {
    let skills = skill_folders(paths.iter());
    let mut out = Vec::new();
    let mut projects: Vec<Vec<u8>> = Vec::new();
    let mut governed: Vec<Vec<u8>> = Vec::new();
    let mut sources = Vec::new();
    for path in paths {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let is_part = || in_skill(path, &skills);
        let known = kind(path)
            .filter(|kind| !matches!(kind, Kind::Manifest | Kind::ToolList) || !is_part());
        let Some(kind) = known.or_else(|| is_part().then(|| skill_part(path))) else {
            if let Some(language) = source_language(path) {
                sources.push((path, language));
            }
            continue;
        };
        let Ok(bytes) = contents.read(path) else {
            if !matches!(kind, Kind::SkillBinary | Kind::SkillPart | Kind::ToolList) {
                diagnostics.push(
                    Diagnostic::new(
                        Level::Warning,
                        "agent-file-unreadable",
                        "not checked: it could not be read whole",
                    )
                    .at(path.clone()),
                );
            }
            continue;
        };
        if kind == Kind::Manifest {
            let folder = path
                .as_bytes()
                .rfind_byte(b'/')
                .map_or(0, |slash| slash + 1);
            let folder = path.as_bytes()[..folder].to_vec();
            if speaks_of_mcp(&bytes) {
                projects.push(folder.clone());
            }
            governed.push(folder);
        }
        out.extend(file(path, kind, &bytes));
    }
    let mut lone = 0;
    for (path, language) in sources {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        let is_in = |folders: &[Vec<u8>]| {
            folders
                .iter()
                .any(|folder| path.as_bytes().starts_with(folder))
        };
        let is_told = is_in(&projects) || names_mcp(path);
        // A server of one file has no manifest that tells.
        let is_alone = !is_told && lone < MOST_LONE_SOURCES && !is_in(&governed);
        if !is_told && !is_alone {
            continue;
        }
        lone += usize::from(is_alone);
        // What cannot be read is told by the analysis of sources.
        let Ok(bytes) = contents.read(path) else {
            continue;
        };
        let declares = ["tool", "Tool"]
            .iter()
            .any(|word| memchr::memmem::find(&bytes, word.as_bytes()).is_some());
        if declares && (is_told || imports_mcp(&bytes)) {
            out.extend(file(path, Kind::Source(language), &bytes));
        }
    }
    out
}

fn file(path: &RepoPath, kind: Kind, bytes: &[u8]) -> Option<Read> {
    let head = bytes
        .get(..HEAD.min(bytes.len()))
        .unwrap_or_default()
        .to_vec();
    let is_text = kind != Kind::SkillBinary && !bytes.contains(&0);
    if is_text && bytes.len() > MAX_BYTES {
        return None;
    }
    let text = if is_text {
        bytes.to_str_lossy().into_owned()
    } else {
        String::new()
    };
    Some(Read {
        path: path.clone(),
        kind,
        text,
        head,
    })
}

/// What a change takes from the sections that `trueline init --agents` keeps: told whatever lines changed, and no comment
/// answers it.
pub(crate) fn weakened(
    place: &Place,
    contents: &dyn Contents,
    scope: &Scope,
    base: &CommitId,
) -> Vec<Finding> {
    let files = place.repository().and_then(|repository| {
        let id = repository.resolve(Some(base.as_str())).ok()??;
        Some(repository.files_at(id))
    });
    let before = files.unwrap_or_default().into_iter().map(|(path, _)| path);
    let steering =
        before.filter(|path| kind(path) == Some(Kind::Instructions) && scope.contains(path));
    steering
        .filter_map(|path| {
            let before = place.file_of(base, &path)?;
            let after = contents.read(&path).ok();
            let after = after.as_ref().map(|bytes| bytes.to_str_lossy());
            section::weakened(&path, &before.to_str_lossy(), after.as_deref())
        })
        .collect()
}

/// The ids of the rules, for comments that answer them.
pub(crate) fn rule_ids() -> impl Iterator<Item = &'static str> {
    trueline_agents::Id::ALL.iter().map(|id| id.as_str())
}

/// The texts of the rules, for logs.
pub(crate) fn rule_texts() -> impl Iterator<Item = RuleText> {
    trueline_agents::rules().iter().map(|rule| RuleText {
        id: trueline_facts::RuleId::new(rule.id.as_str()),
        title: rule.title.clone(),
        markdown: rule.docs_markdown(),
    })
}
