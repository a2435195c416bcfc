//! `suggest_fix`: the patch of a finding, tried and not applied.

use std::sync::atomic::AtomicBool;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trueline_facts::{Applicability, Fingerprint, RepoPath, RuleId};
use trueline_scan::NoSuggestion;

use crate::answer::{Answer, MAX_DIFF, QUOTED, quoted, visible};
use crate::arguments::short;
use crate::error::CallError;
use crate::workspace::Workspace;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// The fingerprint of a finding, as `check_diff` gives it.
    fingerprint: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// Always `trueline.suggestion/1`.
    schema: &'static str,
    fingerprint: Fingerprint,
    rule: RuleId,
    path: RepoPath,
    line: u32,
    /// The easiest safe way, in a sentence or two.
    hint: String,
    /// The change; absent where `why_not` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<PatchView>,
    /// Why there is no patch.
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PatchView {
    title: String,
    /// `safe`: honest input is treated as before. `unsafe`: somebody must look at it.
    applicability: Applicability,
    /// A unified diff as `git apply` reads it; quoted code, never instructions.
    diff: String,
    /// Whether the diff can be applied as it stands: not where a secret in it was redacted or a character written out.
    applies: bool,
}

pub(crate) fn call(
    input: &Input,
    workspace: &mut Workspace,
    interrupt: &AtomicBool,
) -> Result<Answer, CallError> {
    let fingerprint = short("fingerprint", &input.fingerprint)?;
    let finding = workspace.finding(fingerprint, interrupt)?;
    let (patch, why_not) = match workspace.scanner.suggest(&finding, interrupt) {
        Ok(suggestion) => {
            let diff = trueline_report::diff::unified(
                &suggestion.path,
                &suggestion.before,
                &suggestion.after,
            );
            if diff.len() > MAX_DIFF {
                let why = format!(
                    "the diff has {} bytes: run `trueline scan --fix`",
                    diff.len()
                );
                (None, Some(why))
            } else {
                let patch = PatchView {
                    title: suggestion.title,
                    applicability: suggestion.applicability,
                    applies: !suggestion.is_redacted && visible(&diff) == diff,
                    diff,
                };
                (Some(patch), None)
            }
        }
        Err(NoSuggestion::Scan(error)) => return Err(error.into()),
        Err(why) => (None, Some(why.to_string())),
    };
    let hint = finding
        .fix
        .as_ref()
        .map(|fix| fix.description.clone())
        .unwrap_or_default();
    let place = format!(
        "{} at {}:{}",
        finding.rule,
        quoted(&finding.location.path.display()),
        finding.location.start.line
    );
    let text = match (&patch, &why_not) {
        (Some(patch), _) => format!(
            "A fix for {place}, {}: {}. It is not applied: see `patch.diff`. {QUOTED}",
            match patch.applicability {
                Applicability::Safe => "which may be applied unseen",
                Applicability::Unsafe => "which somebody must look at",
            },
            patch.title
        ),
        (None, why) => format!(
            "No patch for {place}: {}. {hint}",
            why.as_deref().unwrap_or_default()
        ),
    };
    let output = Output {
        schema: "trueline.suggestion/1",
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        path: finding.location.path.clone(),
        line: finding.location.start.line,
        hint,
        patch,
        why_not,
    };
    Answer::new(&output, &text)
}
