//! `trueline declare`: one's own use of an AI tool, as an authorship note.

use std::path::PathBuf;

use trueline_authorship::tools;
use trueline_facts::{CommitId, RepoPath, ToolId};
use trueline_history::declare::{self, Declaration, Earlier, Mode, Outcome};

use crate::ScanError;
use crate::config::nearest;
use crate::place::Place;
use crate::scan::commit_id;

/// What to record.
#[derive(Clone, Debug)]
pub struct DeclareRequest {
    /// The repository.
    pub path: PathBuf,
    /// The commits; HEAD alone if absent.
    pub range: Option<String>,
    /// What to do.
    pub action: DeclareAction,
    /// Only say what would be written.
    pub dry_run: bool,
}

/// Declare, or take a declaration back.
#[derive(Clone, Debug)]
pub enum DeclareAction {
    /// A tool wrote the lines.
    Declare {
        /// The tool, by any of its names.
        tool: String,
        /// Its model.
        model: Option<String>,
        /// Put it in the place of an earlier declaration of another tool?
        replace: bool,
    },
    /// Take out what was declared.
    Undo,
}

/// What was recorded of one commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeclaredCommit {
    /// The commit.
    pub commit: CommitId,
    /// The tool, by its canonical name; absent where a declaration is taken back.
    pub tool: Option<ToolId>,
    /// Lines it added, by file.
    pub lines: Vec<(RepoPath, u32)>,
    /// What became of its note.
    pub outcome: Outcome,
    /// Other tools that the commit itself names.
    pub named_otherwise: Vec<ToolId>,
}

/// Words for people: declaring says which tool wrote lines, and of lines without one nothing is said.
const NOBODYS_TOOL: [&str; 12] = [
    "human", "humans", "person", "people", "me", "myself", "i", "hand", "by hand", "manual",
    "nobody", "none",
];

/// Records.
pub fn declare(request: &DeclareRequest) -> Result<Vec<DeclaredCommit>, ScanError> {
    let place = Place::open(&request.path)?;
    let repository = place.repository().ok_or_else(|| ScanError::Unusable {
        path: request.path.clone(),
        reason: "not in a git repository; a declaration is a note on a commit",
    })?;
    let range = request.range.as_deref();
    let mode = if request.dry_run {
        Mode::DryRun
    } else {
        Mode::Write
    };
    let (named, declared) = match &request.action {
        DeclareAction::Declare {
            tool: name,
            model,
            replace,
        } => {
            let declaration = Declaration {
                tool: tool(name)?,
                model: model.as_deref().and_then(tools::model),
            };
            let earlier = if *replace {
                Earlier::Replace
            } else {
                Earlier::Refuse
            };
            let declared = declare::declare(repository, range, &declaration, earlier, mode)?;
            (Some(declaration.tool), declared)
        }
        DeclareAction::Undo => (None, declare::undo(repository, range, mode)?),
    };
    Ok(declared
        .into_iter()
        .map(|one| DeclaredCommit {
            commit: commit_id(one.commit),
            tool: named.clone(),
            lines: one.lines,
            outcome: one.outcome,
            named_otherwise: one.named_otherwise,
        })
        .collect())
}

/// A known tool by any of its names, or a new one that is no typing error of a known one.
pub(crate) fn tool(name: &str) -> Result<ToolId, ScanError> {
    if let Some(tool) = tools::known(name) {
        return Ok(tool);
    }
    // A name goes into notes and onto terminals as it is.
    if name.chars().any(char::is_control) {
        return Err(ScanError::NamelessTool {
            tool: name.escape_default().to_string(),
        });
    }
    let is_person = NOBODYS_TOOL
        .iter()
        .any(|word| name.trim().eq_ignore_ascii_case(word));
    if is_person {
        return Err(ScanError::NoTool {
            tool: name.to_owned(),
        });
    }
    let known: Vec<ToolId> = tools::all().collect();
    let names: Vec<&str> = known.iter().map(ToolId::as_str).collect();
    match nearest(&name.to_ascii_lowercase(), &names) {
        Some(near) => Err(ScanError::UnknownTool {
            tool: name.to_owned(),
            near: near.to_owned(),
        }),
        None => match tools::fold(name) {
            nameless if nameless.as_str() == tools::UNSPECIFIED => Err(ScanError::NamelessTool {
                tool: name.to_owned(),
            }),
            new => Ok(new),
        },
    }
}

/// Whether a tool is one of those that evidence is searched for.
#[must_use]
pub fn is_known_tool(tool: &ToolId) -> bool {
    tools::known(tool.as_str()).is_some()
}
