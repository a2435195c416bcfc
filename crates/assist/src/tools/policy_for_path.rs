//! `policy_for_path`: what the team's policy means for a file, and what no policy decides today.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trueline_facts::Tier;
use trueline_report::counted;
use trueline_scan::{PathPolicy, Scanned};

use crate::answer::{Answer, quoted};
use crate::arguments::path;
use crate::error::CallError;
use crate::guard::{Decision, beforehand};
use crate::workspace::Workspace;

/// Comments of a file that an answer lists.
const MAX_IGNORES: usize = 50;

/// What nobody should read into an answer.
const UNDECIDED: &[&str] = &[
    "What a write would hold is judged when it is made: the guard looks at secrets and findings of the new content then, \
     and the gates of trueline.toml at the whole change when it is proposed (`trueline gate`).",
    "Approved tools are a list for the whole repository; a tool that is not on it is reported, not stopped.",
    "A file that is a model by its content is checked for what loading it would do (`unsafe-model-file`), whatever its \
     name.",
];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// The file, relative to the root of the repository; it need not exist yet.
    path: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// Always `trueline.path-policy/1`.
    schema: &'static str,
    #[serde(flatten)]
    policy: PathPolicy,
    /// What the guard of hooks says to an agent that writes the file, whatever it writes; absent where nothing guards.
    #[serde(skip_serializing_if = "Option::is_none")]
    guard: Option<Guarded>,
    /// Comments that the answer has no room for.
    ignores_left_out: usize,
    /// What no policy decides today.
    undecided: &'static [&'static str],
}

/// An answer of the guard.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Guarded {
    /// `allow`, `ask` or `deny`.
    answer: &'static str,
    /// Why, as the agent hears it.
    reasons: Vec<String>,
}

impl From<Decision> for Guarded {
    fn from(decision: Decision) -> Self {
        let (answer, reasons) = match decision {
            Decision::Allow => ("allow", Vec::new()),
            Decision::Ask(reasons) => ("ask", reasons),
            Decision::Deny(reasons) => ("deny", reasons),
        };
        Self { answer, reasons }
    }
}

pub(crate) fn call(input: &Input, workspace: &Workspace) -> Result<Answer, CallError> {
    let path = path("path", workspace.scanner.root(), &input.path)?;
    if path.as_bytes().is_empty() {
        return Err(CallError::argument("path", "name a file, not the root"));
    }
    let mut policy = workspace.scanner.policy(&path)?;
    let ignores_left_out = policy.ignores.len().saturating_sub(MAX_IGNORES);
    policy.ignores.truncate(MAX_IGNORES);
    let root = workspace.scanner.root();
    let file = std::str::from_utf8(path.as_bytes()).map(|below| root.join(below));
    let guard = file.ok().and_then(|file| beforehand(root, &file));
    let guard = guard.map(Guarded::from);
    let text = text(&policy, guard.as_ref(), ignores_left_out);
    let output = Output {
        schema: "trueline.path-policy/1",
        policy,
        guard,
        ignores_left_out,
        undecided: UNDECIDED,
    };
    Answer::new(&output, &text)
}

fn text(policy: &PathPolicy, guard: Option<&Guarded>, ignores_left_out: usize) -> String {
    let mut text = format!(
        "{} {}",
        quoted(&policy.path.display()),
        match &policy.scanned {
            Scanned::Yes => "is scanned.".to_owned(),
            Scanned::Excluded { glob } =>
                format!("is not scanned: `[scan] exclude` has {}.", quoted(glob)),
            Scanned::Ignored => "is not scanned: .gitignore leaves it out.".to_owned(),
            Scanned::Absent => "is not there yet; this is what will hold for it.".to_owned(),
            Scanned::NotAFile => "is a folder or a link: neither is read.".to_owned(),
        }
    );
    let shown = (policy.rules.iter())
        .filter(|rule| rule.tier == Tier::Shown)
        .count();
    // Writing to a string cannot fail.
    match guard {
        Some(Guarded { answer, reasons }) if !reasons.is_empty() => {
            let said = if *answer == "deny" {
                "refuses that you write it"
            } else {
                "lets a person decide whether you write it"
            };
            let _ = write!(text, " The guard {said}: {}", reasons.join(" "));
        }
        Some(_) => text.push_str(" The guard lets you write it, if what you write is safe."),
        None => text.push_str(" No guard is set up for it."),
    }
    let _ = write!(
        text,
        " {} look at it, {shown} of them in the default tier.",
        counted(policy.rules.len() as u64, "rule")
    );
    match &policy.approved_tools {
        Some(tools) => {
            let names: Vec<String> = tools.iter().map(|tool| quoted(&tool.to_string())).collect();
            let _ = write!(text, " Approved AI tools: {}.", names.join(", "));
        }
        None => text.push_str(" The team lists no approved AI tools."),
    }
    let ignores = policy.ignores.len() + ignores_left_out;
    if ignores > 0 {
        let _ = write!(
            text,
            " {} in it answer findings.",
            counted(ignores as u64, "comment")
        );
    }
    if !policy.has_policy_file {
        text.push_str(" There is no trueline.toml: defaults hold.");
    }
    text.push_str(" `undecided` says what no policy decides today.");
    text
}
