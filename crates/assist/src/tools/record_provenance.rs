//! `record_provenance`: an authorship note on the user's own commits. The only tool that writes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trueline_facts::{CommitId, ToolId};
use trueline_report::counted;
use trueline_scan::{DeclareAction, DeclareRequest, NoteOutcome};

use crate::answer::Answer;
use crate::arguments::{revision, short};
use crate::error::CallError;
use crate::workspace::{Options, Workspace, Writing};

/// Commits that an answer lists.
const MAX_COMMITS: usize = 100;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// The AI tool that wrote the lines: `claude`, `cursor`, `codex` …
    tool: String,
    /// Its model.
    model: Option<String>,
    /// The commits, as git names ranges (`main..HEAD`); HEAD alone by default.
    range: Option<String>,
    /// Only say what would be written: this a server that only reads does, too.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// Always `trueline.provenance/1`.
    schema: &'static str,
    /// Nothing was written: this is what would be.
    dry_run: bool,
    commits: Vec<CommitView>,
    /// Commits that the answer has no room for.
    commits_left_out: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CommitView {
    commit: CommitId,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<ToolId>,
    files: usize,
    lines: u64,
    /// What becomes of its note.
    outcome: OutcomeView,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum OutcomeView {
    /// There was none.
    Added,
    /// It joins what was there, which keeps the last word on its lines.
    Merged,
    /// It was there already.
    Unchanged,
    /// The commit adds no line of text.
    NoLines,
    /// An earlier declaration is another one.
    Other,
}

pub(crate) fn call(
    input: &Input,
    workspace: &Workspace,
    options: &Options,
) -> Result<Answer, CallError> {
    if options.writing == Writing::Refused && !input.dry_run {
        return Err(CallError::ReadOnly);
    }
    let range = input
        .range
        .as_deref()
        .map(|range| revision("range", range))
        .transpose()?;
    let model = input
        .model
        .as_deref()
        .map(|model| short("model", model))
        .transpose()?;
    let declared = trueline_scan::declare(&DeclareRequest {
        path: workspace.scanner.root().to_owned(),
        range: range.map(str::to_owned),
        action: DeclareAction::Declare {
            tool: short("tool", &input.tool)?.to_owned(),
            model: model.map(str::to_owned),
            replace: false,
        },
        dry_run: input.dry_run,
    })?;
    let commits: Vec<CommitView> = declared
        .iter()
        .map(|one| CommitView {
            commit: one.commit.clone(),
            tool: one.tool.clone(),
            files: one.lines.len(),
            lines: one.lines.iter().map(|(_, lines)| u64::from(*lines)).sum(),
            outcome: match one.outcome {
                NoteOutcome::Added => OutcomeView::Added,
                NoteOutcome::Merged => OutcomeView::Merged,
                NoteOutcome::Unchanged => OutcomeView::Unchanged,
                NoteOutcome::NoLines => OutcomeView::NoLines,
                NoteOutcome::Replaced | NoteOutcome::Removed | NoteOutcome::NotDeclared => {
                    OutcomeView::Other
                }
            },
        })
        .collect();
    let noted = commits
        .iter()
        .filter(|c| matches!(c.outcome, OutcomeView::Added | OutcomeView::Merged))
        .count() as u64;
    let text = format!(
        "{} {} of {}.{}",
        if input.dry_run { "Would note" } else { "Noted" },
        counted(noted, "commit"),
        commits.len(),
        if noted > 0 && !input.dry_run {
            " Notes stay in this repository until they are pushed: git push origin refs/notes/ai"
        } else {
            ""
        }
    );
    let commits_left_out = commits.len().saturating_sub(MAX_COMMITS);
    let output = Output {
        schema: "trueline.provenance/1",
        dry_run: input.dry_run,
        commits: commits.into_iter().take(MAX_COMMITS).collect(),
        commits_left_out,
    };
    Answer::new(&output, &text)
}
